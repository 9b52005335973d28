import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { type NamedResult, runChecks } from "../checklist/check.ts";
import { imageChecks } from "../checklist/image-checks.ts";
import { type InspectedService, inspectService } from "../checklist/inspected-service.ts";
import { liveChecks } from "../checklist/live-checks.ts";
import { repositoryChecks } from "../checklist/repository-checks.ts";
import { readStackOutputs, type StackOutputs } from "../stack/outputs.ts";
import { main } from "../terminal/main.ts";
import { pluralize } from "../terminal/text.ts";

/**
 * `make checklist`: judges a service before it goes to production (SDG-8). Exit code 1 when a point
 * does not hold.
 */
await main(async () => {
  const given = new Map(
    process.argv.slice(2).map((argument) => argument.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );
  const name = given.get("SERVICE");
  if (!name) throw new Error("Say which service: make checklist SERVICE=wallet, or SERVICE=folder");
  const subject = inspectService(root, name);
  const live = await findRunningService(subject, given.get("BASE"), given.get("STACK") ?? "local");
  const judged = await runChecks([...imageChecks, ...repositoryChecks, ...liveChecks], { ...subject, ...live });
  console.log(
    `${subject.service.name} (${subject.service.folder})${live.baseUrl ? `, as it runs at ${live.baseUrl}` : ""}`,
  );
  for (const one of judged) console.log(formatResult(one));
  const failed = judged.filter(({ result }) => Array.isArray(result) && result.length > 0).length;
  const skipped = judged.filter(({ result }) => !Array.isArray(result)).length;
  const held = judged.length - failed - skipped;
  console.log(
    `${pluralize(held, "point")} ${held === 1 ? "holds" : "hold"}${failed > 0 ? `, ${failed} ${failed === 1 ? "does" : "do"} not` : ""}${skipped > 0 ? `, ${skipped} could not be judged` : ""}.`,
  );
  return failed > 0 ? 1 : 0;
});

/** A stack that is not up, or is in a cluster, only leaves points unjudged. */
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
  if (!Array.isArray(result)) return `  –  ${name}: not judged, ${result.skipped}`;
  return result.length === 0
    ? `  ok ${name}`
    : [`  NO ${name}:`, ...result.map((fault) => `       ${fault}`)].join("\n");
}
