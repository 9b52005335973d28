import { errors } from "./errors.ts";
import type { Reference, SchemaValue } from "./records.ts";
import type { RegistryState } from "./state.ts";

/** Bounds the stack: a long chain was registered link by link, and not read after a restart. */
const MAX_DEPTH = 100;

/** @throws RegistryError 42201 for references of references that lead further than that */
export function assertReferenceDepth(state: RegistryState, references: readonly Reference[]): void {
  const heights = new Map<SchemaValue, number>();

  function heightOf(list: readonly Reference[], level: number): number {
    if (level > MAX_DEPTH) throw errors.invalidSchema(`its references lead more than ${MAX_DEPTH} deep`);
    let height = 0;
    for (const { subject, version } of list) {
      const value = state.version(subject, version);
      if (value === undefined) continue;
      let below = heights.get(value);
      if (below === undefined || level + below > MAX_DEPTH) {
        // One that leads back to itself is refused where it is read.
        heights.set(value, 0);
        below = 1 + heightOf(value.references, level + 1);
        heights.set(value, below);
      }
      height = Math.max(height, below);
    }
    return height;
  }
  heightOf(references, 0);
}
