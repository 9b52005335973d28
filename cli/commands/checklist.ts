import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { type NamedResult, runChecks } from "../checklist/check.ts";
import { imageChecks } from "../checklist/image-checks.ts";
import { type InspectedService, inspectService } from "../checklist/inspected-service.ts";
import { liveChecks } from "../checklist/live-checks.ts";
import { repositoryChecks } from "../checklist/repository-checks.ts";
import { readStackOutputs, type StackOutputs } from "../stack/outputs.ts";
import { parseAssignments } from "../terminal/assignments.ts";
import { main } from "../terminal/main.ts";
import { pluralize } from "../terminal/text.ts";

/**
 * `make checklist`: checks whether a service is ready for production (SDG-8). Exit code 1 when a
 * check fails.
 */
await main(async () => {
  const given = parseAssignments(process.argv.slice(2));
  const name = given.get("SERVICE");
  if (!name) throw new UserError("Say which service: make checklist SERVICE=wallet, or SERVICE=folder");
  const subject = inspectService(root, name);
  const live = await findRunningService(subject, given.get("BASE"), given.get("STACK") ?? "local");
  const results = await runChecks([...imageChecks, ...repositoryChecks, ...liveChecks], { ...subject, ...live });
  console.log(
    `${subject.service.name} (${subject.service.folder})${live.baseUrl ? `, as it runs at ${live.baseUrl}` : ""}`,
  );
  for (const one of results) console.log(formatResult(one));
  const failed = results.filter(({ result }) => Array.isArray(result) && result.length > 0).length;
  const skipped = results.filter(({ result }) => !Array.isArray(result)).length;
  const passed = results.length - failed - skipped;
  console.log(
    `${pluralize(passed, "check")} passed${failed > 0 ? `, ${failed} failed` : ""}${skipped > 0 ? `, ${skipped} skipped` : ""}.`,
  );
  return failed > 0 ? 1 : 0;
});

/** Without a stack of this machine that is up, the live checks are skipped. */
async function findRunningService(
  { service }: InspectedService,
  base: string | undefined,
  stack: string,
): Promise<Pick<InspectedService, "baseUrl" | "log">> {
  if (base) return { baseUrl: base.replace(/\/+$/, "") };
  const up: StackOutputs | undefined = await readStackOutputs(stack).catch(() => undefined);
  const url = up?.endpoints[service.name];
  if (up === undefined || url === undefined || !("directory" in up.location)) return {};
  const file = join(up.location.directory, "logs", `${service.name}.log`);
  return { baseUrl: url, log: () => (existsSync(file) ? readFileSync(file, "utf8") : "") };
}

function formatResult({ name, result }: NamedResult): string {
  if (!Array.isArray(result)) return `  –  ${name}: skipped, ${result.skipped}`;
  return result.length === 0
    ? `  ok ${name}`
    : [`  NO ${name}:`, ...result.map((fault) => `       ${fault}`)].join("\n");
}
