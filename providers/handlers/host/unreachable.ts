import { UserError } from "@plinth/local/user-error.ts";
import { printDiagnostic } from "./diagnostics.ts";

/** Nothing served at the address until the deadline: perhaps it will, perhaps it is gone. */
export class UnreachableError extends UserError {}

/**
 * For what is to be removed from a server: one that is gone must not keep a stack from being
 * destroyed. What is left behind then is told among the plan's diagnostics, with the reason. Every
 * other failure is thrown.
 */
export async function skipIfUnreachable(work: () => Promise<unknown>, leftBehind: string): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    printDiagnostic(`${leftBehind}: ${error.message}`);
  }
}
