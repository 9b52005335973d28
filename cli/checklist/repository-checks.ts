import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { formatFinding } from "@plinth/migrations/finding.ts";
import { lintFolder } from "@plinth/migrations/lint-folder.ts";
import { listMigrations } from "@plinth/migrations/sql/migration-files.ts";
import { parseQuantity } from "../budget/quantity.ts";
import { topicAccessErrors } from "../service-files/topic-access.ts";
import type { Check } from "./check.ts";
import type { InspectedService } from "./inspected-service.ts";
import { findSecrets } from "./secrets.ts";

/** Checks of the files in a service's repository. */
export const repositoryChecks: Check[] = [
  {
    name: "requests do not exceed limits",
    evaluate: ({ service: { resources = {} } }) =>
      Object.entries(resources).flatMap(([profile, { requests, limits }]) => [
        ...(parseQuantity(requests.memory) > parseQuantity(limits.memory)
          ? [
              `plinth.json: resources.${profile} requests ${requests.memory} of memory, but is limited to ${limits.memory}: raise the limit`,
            ]
          : []),
        ...(limits.cpu !== undefined && parseQuantity(requests.cpu) > parseQuantity(limits.cpu)
          ? [
              `plinth.json: resources.${profile} requests ${requests.cpu} of CPU, but is limited to ${limits.cpu}: raise the limit`,
            ]
          : []),
      ]),
  },
  {
    name: "its topics are the catalogue's",
    evaluate: ({ service }) => topicAccessErrors(service).map((fault) => `plinth.json: ${fault}`),
  },
  { name: "it drains on SIGTERM", evaluate: checkDrain },
  { name: "its migrations are fit for production", evaluate: checkMigrations },
  {
    name: "no secret is in the repository",
    evaluate: ({ source }) =>
      findSecrets(source).map(
        ({ file, line, kind }) =>
          `${file}:${line}: ${kind}: remove it from the history too, and pass it in the environment`,
      ),
  },
  { name: "it has tests", evaluate: checkTests },
  { name: "it has a README", evaluate: checkReadme },
];

/** Code that handles SIGTERM, by language; some servers handle it themselves. */
const SIGNAL_HANDLING =
  /SIGTERM|stopOnSignals|\brunService\b.* from "@plinth\/kit\/service\.ts"|signal\.NotifyContext|signal\.Notify|add_signal_handler|pcntl_signal|sapi_windows_set_ctrl_handler/;
const DRAINING_SERVERS = /\b(uvicorn|gunicorn|hypercorn|granian)\b/;

function checkDrain({ source, service }: InspectedService): string[] {
  if (DRAINING_SERVERS.test(service.command.join(" ")) || source.search(SIGNAL_HANDLING)) return [];
  return ["its code ignores SIGTERM: stop accepting, finish open requests, close connections, then exit with 0"];
}

async function checkMigrations({ service, root, source }: InspectedService) {
  const { migrations: directory, needs } = service;
  if (directory === undefined)
    return needs.includes("database") ? { skipped: "it needs the database, but names no migrations" } : [];
  const folder = resolve(root, directory);
  if (!existsSync(folder)) return [`plinth.json: 'migrations' is ${directory}, which is not a folder: create it`];
  const files = listMigrations(folder).map(({ name }) => name);
  const base = service.standalone ? source.folder : root;
  return (await lintFolder(base, relative(base, folder), files)).map(formatFinding);
}

const TEST_FILE = /(^|\/)(tests?|__tests__|spec)\/|[._-](test|spec)\.\w+$|_test\.go$|(^|\/)test_\w+\.py$|Test\.php$/;

/** Tests of this repository's services are in `tests/suites/services`. */
function checkTests({ source, service, root }: InspectedService): string[] {
  if (source.files.some((file) => TEST_FILE.test(file))) return [];
  const shared = join(root, "tests/suites/services");
  if (
    !service.standalone &&
    existsSync(shared) &&
    readdirSync(shared, { recursive: true, encoding: "utf8" }).some((file) => isTestOf(file, service.name))
  )
    return [];
  return [`there is none: add some${service.standalone ? "" : ` as tests/suites/services/${service.name}.test.ts`}`];
}

function isTestOf(file: string, name: string): boolean {
  return file.endsWith(".test.ts") && file.split(/[/.-]/).includes(name);
}

function checkReadme({ source, service, root }: InspectedService): string[] {
  if (source.files.some((file) => /^readme(\.\w+)?$/i.test(file))) return [];
  const pages = join(root, "docs");
  const named = new RegExp(`\\b(services/)?${service.name}\\b`);
  if (
    !service.standalone &&
    readdirSync(pages).some((page) => page.endsWith(".md") && named.test(readFileSync(join(pages, page), "utf8")))
  )
    return [];
  return ["there is no README.md: say what it is for, its routes and events, and how to run its tests"];
}
