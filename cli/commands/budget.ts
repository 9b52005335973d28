import { UserError } from "@plinth/local/user-error.ts";
import type { DeclaredResource } from "@plinth/policy/policy.ts";
import { measureFootprint } from "../budget/footprint.ts";
import { memoryLimits } from "../budget/memory-limits.ts";
import { createBudgetReport } from "../budget/report.ts";
import { placeholderImages } from "../program/placeholder-images.ts";
import { recordStack, redactSecrets } from "../program/record.ts";
import { readStackFile } from "../stack/stack-file.ts";
import { main } from "../terminal/main.ts";

/**
 * `make budget`: requests, limits, volumes and the estimated cost per cloud. Exit code 1 when the
 * stack requests more memory than its limit.
 */
await main(async (stack) => {
  if (!readStackFile(stack).cluster)
    throw new UserError(
      `Stack '${stack}' has no manifests: 'make status STACK=${stack}' shows the memory of its processes.`,
    );
  const resources = redactSecrets(await recordStack(stack, placeholderImages(stack))).map(
    ({ type, name, inputs }): DeclaredResource => ({ type, name, props: inputs }),
  );
  const footprint = measureFootprint(resources);
  const { text, withinLimit } = createBudgetReport(stack, footprint, memoryLimits[stack]);
  console.log(text);
  return withinLimit ? 0 : 1;
});
