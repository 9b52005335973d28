import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/runtime/locations.ts";
import { imagePoints } from "./checklist/image-points.ts";
import { livePoints } from "./checklist/live-points.ts";
import { type Judged, judgeAll } from "./checklist/point.ts";
import { repositoryPoints } from "./checklist/repository-points.ts";
import { openSubject, type Subject } from "./checklist/subject.ts";
import { outputs, type StackOutputs } from "./endpoints.ts";
import { main } from "./main.ts";
import { counted } from "./words.ts";

/** `make checklist`: judges a service before it goes to production (SDG-8). Exit code 1 when a point does not hold. */
await main(async () => {
  const given = new Map(process.argv.slice(2).map((argument) => argument.split(/=(.*)/s).slice(0, 2) as [string, string]));
  const name = given.get("SERVICE");
  if (!name) throw new Error("Say which service: make checklist SERVICE=wallet, or SERVICE=folder");
  const subject = openSubject(root, name);
  const live = await whereItRuns(subject, given.get("BASE"), given.get("STACK") ?? "local");
  const judged = await judgeAll([...imagePoints, ...repositoryPoints, ...livePoints], { ...subject, ...live });
  console.log(`${subject.service.name} (${subject.service.folder})${live.base ? `, as it runs at ${live.base}` : ""}`);
  for (const one of judged) console.log(shown(one));
  const failed = judged.filter(({ verdict }) => Array.isArray(verdict) && verdict.length > 0).length;
  const skipped = judged.filter(({ verdict }) => !Array.isArray(verdict)).length;
  const held = judged.length - failed - skipped;
  console.log(
    `${counted(held, "point")} ${held === 1 ? "holds" : "hold"}${failed > 0 ? `, ${failed} ${failed === 1 ? "does" : "do"} not` : ""}${skipped > 0 ? `, ${skipped} could not be judged` : ""}.`,
  );
  return failed > 0 ? 1 : 0;
});

/** A stack that is not up, or is in a cluster, only leaves points unjudged. */
async function whereItRuns({ service }: Subject, base: string | undefined, stack: string): Promise<Pick<Subject, "base" | "log">> {
  if (base) return { base: base.replace(/\/+$/, "") };
  const up: StackOutputs | undefined = await outputs(stack).catch(() => undefined);
  const url = up?.endpoints[service.name];
  if (up === undefined || url === undefined || !("directory" in up.location)) return {};
  const file = join(up.location.directory, "logs", `${service.name}.log`);
  return { base: url, log: () => (existsSync(file) ? readFileSync(file, "utf8") : "") };
}

function shown({ name, verdict }: Judged): string {
  if (!Array.isArray(verdict)) return `  –  ${name}: not judged, ${verdict.skipped}`;
  return verdict.length === 0 ? `  ok ${name}` : [`  NO ${name}:`, ...verdict.map((fault) => `       ${fault}`)].join("\n");
}
