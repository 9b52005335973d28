import type { Declared } from "@plinth/policy/policy.ts";
import { memoryBounds } from "./budget/bounds.ts";
import { footprint } from "./budget/footprint.ts";
import { report } from "./budget/report.ts";
import { main } from "./main.ts";
import { record, redacted } from "./record.ts";
import { stackFile } from "./stack-file.ts";

/** `make budget`: requests, limits, volumes and an estimate per cloud. Exit code 1 when the stack asks for more than its bound. */
await main(async (stack) => {
  if (!stackFile(stack).cluster)
    throw new Error(`Stack '${stack}' has no manifests: 'make status STACK=${stack}' shows the memory of its processes.`);
  const resources = redacted(await record(stack)).map(({ type, name, inputs }): Declared => ({ type, name, props: inputs }));
  const asked = footprint(resources);
  const { text, within } = report(stack, asked, memoryBounds[stack]);
  console.log(text);
  return within ? 0 : 1;
});
