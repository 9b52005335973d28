import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { findingLine } from "../../components/migrations/finding.ts";
import { lintFolder } from "../../components/migrations/folder.ts";
import { listMigrations } from "../../components/providers/migration-files.ts";
import { topicFaults } from "../add-service/topics.ts";
import type { Point } from "./point.ts";
import { secretsIn } from "./secrets.ts";
import type { Subject } from "./subject.ts";

/** What a service's repository must hold, read from its files. */
export const repositoryPoints: Point[] = [
  {
    name: "what a replica may take is within what is sensible",
    judge: ({ service: { resources = {} } }) =>
      Object.entries(resources).flatMap(([profile, { requests, limits }]) => [
        ...(bytes(requests.memory) > bytes(limits.memory)
          ? [`plinth.json: resources.${profile} asks for ${requests.memory}, but may take only ${limits.memory}: raise the limit`]
          : []),
        ...(limits.cpu !== undefined && cores(requests.cpu) > cores(limits.cpu)
          ? [`plinth.json: resources.${profile} asks for ${requests.cpu} of processors, but may take only ${limits.cpu}: raise the limit`]
          : []),
      ]),
  },
  {
    name: "its topics are the catalogue's",
    judge: ({ service }) => topicFaults(service).map((fault) => `plinth.json: ${fault}`),
  },
  { name: "it drains on SIGTERM", judge: drains },
  { name: "its migrations are fit for production", judge: migrations },
  {
    name: "no secret is in the repository",
    judge: ({ project }) =>
      secretsIn(project).map(
        ({ file, line, what }) => `${file}:${line}: ${what}: take it out of the history too, and let it come by the environment`,
      ),
  },
  { name: "it has tests", judge: tests },
  { name: "somebody can read what it is", judge: described },
];

/** What makes a program in each language end in order; servers that do so by themselves are named by the command. */
const DRAIN =
  /SIGTERM|stopOnSignals|\brun\b.* from "@plinth\/kit\/service\.ts"|signal\.NotifyContext|signal\.Notify|add_signal_handler|pcntl_signal|sapi_windows_set_ctrl_handler/;
const SERVERS = /\b(uvicorn|gunicorn|hypercorn|granian)\b/;

function drains({ project, service }: Subject): string[] {
  if (SERVERS.test(service.command.join(" ")) || project.find(DRAIN)) return [];
  return ["its code does nothing about SIGTERM: stop accepting, finish what is under way, close what is open, then exit with 0"];
}

async function migrations({ service, root, project }: Subject) {
  const { migrations: directory, needs } = service;
  if (directory === undefined) return needs.includes("database") ? { skipped: "it needs the database, but names no migrations" } : [];
  const folder = resolve(root, directory);
  if (!existsSync(folder)) return [`plinth.json: 'migrations' is ${directory}, which is no folder: make it`];
  const files = listMigrations(folder).map(({ name }) => name);
  const base = service.standsAlone ? project.folder : root;
  return (await lintFolder(base, relative(base, folder), files)).map(findingLine);
}

const TEST = /(^|\/)(tests?|__tests__|spec)\/|[._-](test|spec)\.\w+$|_test\.go$|(^|\/)test_\w+\.py$|Test\.php$/;

/** Services of this repository have theirs in `tests/services`. */
function tests({ project, service, root }: Subject): string[] {
  if (project.files.some((file) => TEST.test(file))) return [];
  const shared = join(root, "tests/services");
  if (
    !service.standsAlone &&
    existsSync(shared) &&
    readdirSync(shared, { recursive: true, encoding: "utf8" }).some((file) => isOf(file, service.name))
  )
    return [];
  return [`there is none: add some${service.standsAlone ? "" : ` as tests/services/${service.name}.test.ts`}`];
}

function isOf(file: string, name: string): boolean {
  return file.endsWith(".test.ts") && file.split(/[/.-]/).includes(name);
}

function described({ project, service, root }: Subject): string[] {
  if (project.files.some((file) => /^readme(\.\w+)?$/i.test(file))) return [];
  const pages = join(root, "docs");
  const named = new RegExp(`\\b(services/)?${service.name}\\b`);
  if (
    !service.standsAlone &&
    readdirSync(pages).some((page) => page.endsWith(".md") && named.test(readFileSync(join(pages, page), "utf8")))
  )
    return [];
  return ["there is no README.md: say what it is for, its routes and events, and how to run its tests"];
}

function bytes(amount: string): number {
  const [, number, unit] = /^([\d.]+)(\w+)$/.exec(amount)!;
  return Number(number) * 1024 ** ["", "Ki", "Mi", "Gi", "Ti"].indexOf(unit!);
}

function cores(amount: string): number {
  return amount.endsWith("m") ? Number(amount.slice(0, -1)) / 1000 : Number(amount);
}
