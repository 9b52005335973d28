import { registerHooks } from "node:module";
import { memoryUsage } from "node:process";
import { root } from "@plinth/local/locations.ts";
import * as pulumi from "@pulumi/pulumi";
import { installMockEngine } from "../../../cli/program/mock-engine.ts";
import type { ProgramRun } from "./run-program.ts";

/**
 * `node tests/support/program-run/process.ts STACK [COPIES]`: runs the program of a stack once and
 * prints its {@link ProgramRun} as JSON. With COPIES, that many services replace the discovered
 * ones.
 */
const [stack, copies] = process.argv.slice(2) as [string, string | undefined];

const resident = () => memoryUsage.rss() / 2 ** 20;
const run: ProgramRun = { resources: 0, firstMs: 0, firstMiB: 0, ms: 0, MiB: 0 };
const config: Record<string, string> = {};
if (copies !== undefined) {
  process.env.COPIES = copies;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "./components/service/descriptor.ts" && context.parentURL?.endsWith("/index.ts")
        ? { url: new URL("./copied-services.ts", import.meta.url).href, shortCircuit: true }
        : next(specifier, context),
  });
  const { discoverServices } = await import("./copied-services.ts");
  const digest = `@sha256:${"0".repeat(64)}`;
  const images = discoverServices(root).map(({ name }) => [name, `example.com/${name}${digest}`]);
  config["plinth:images"] = JSON.stringify(Object.fromEntries(images));
}
await installMockEngine(stack, config, () => {
  if (run.resources === 0) Object.assign(run, { firstMs: performance.now(), firstMiB: resident() });
  run.resources += 1;
});
const start = performance.now();
await import("../../../index.ts");
await pulumi.runtime.disconnect();
process.stdout.write(JSON.stringify({ ...run, ms: performance.now() - start, MiB: resident() }));
