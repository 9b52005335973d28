import { printDiagnostic } from "../../clients/diagnostics.ts";
import { UnreachableError } from "../../clients/errors.ts";

/**
 * Removes something from a server, or says among the plan's diagnostics what stays behind if the
 * server is gone: that must not keep a stack from being destroyed. Throws every other error.
 */
export async function skipIfUnreachable(remove: () => Promise<unknown>, leftBehind: string): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    printDiagnostic(`${leftBehind}: ${error.message}`);
  }
}
