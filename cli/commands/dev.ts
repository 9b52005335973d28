import { UserError } from "@plinth/local/user-error.ts";
import { runDevSession } from "../dev-loop/session.ts";
import { parseLogFilter } from "../logs/filter.ts";
import { readStackOutputs } from "../stack/outputs.ts";
import { main } from "../terminal/main.ts";

/**
 * `make dev`: runs each service of a local stack from its saved sources and follows the logs, until
 * Ctrl-C. The stack runs on.
 */
await main(async (stack) => {
  const filter = parseLogFilter(process.env);
  const directory = await requireProcessStack(stack);
  const stop = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
  await runDevSession(directory, filter, stop);
  return 0;
});

async function requireProcessStack(stack: string): Promise<string> {
  const { location } = await readStackOutputs(stack);
  if ("directory" in location) return location.directory;
  throw new UserError(
    `Stack '${stack}' is in namespace ${location.namespace} of cluster ${location.context}: 'make up STACK=${stack}' builds an image of each service whose sources changed, and rolls it out`,
  );
}
