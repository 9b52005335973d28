import type { DeclaredResource } from "@plinth/policy/policy.ts";
import { measureFootprint } from "../budget/footprint.ts";
import { memoryLimits } from "../budget/memory-limits.ts";
import { createBudgetReport } from "../budget/report.ts";
import { recordStack, redactSecrets } from "../program/record.ts";
import { readStackFile } from "../stack/stack-file.ts";
import { main } from "../terminal/main.ts";

/**
 * `make budget`: requests, limits, volumes and an estimate per cloud. Exit code 1 when the stack
 * asks for more than its bound.
 */
await main(async (stack) => {
  if (!readStackFile(stack).cluster)
    throw new Error(
      `Stack '${stack}' has no manifests: 'make status STACK=${stack}' shows the memory of its processes.`,
    );
  const resources = redactSecrets(await recordStack(stack)).map(
    ({ type, name, inputs }): DeclaredResource => ({ type, name, props: inputs }),
  );
  const asked = measureFootprint(resources);
  const { text, withinLimit } = createBudgetReport(stack, asked, memoryLimits[stack]);
  console.log(text);
  return withinLimit ? 0 : 1;
});
