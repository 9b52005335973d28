/**
 * Adds a line to the plan, as for what `up` will do: the engine shows the standard error of a
 * provider host as diagnostics. Of a changed property the plan shows the name only.
 */
export function printDiagnostic(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
