/**
 * Adds a line to the plan, as to what `up` is about to do: the engine shows what a provider host
 * writes to standard error among its diagnostics. A changed property alone would be shown by its
 * name only.
 */
export function printDiagnostic(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
