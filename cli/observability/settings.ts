import type { Engine } from "../stack/engine.ts";
import { readStackFile, type StackFile } from "../stack/stack-file.ts";

type Settings = StackFile["observability"];

/**
 * Records a field of the configuration key `observability` in the stack's file.
 *
 * @returns whether it had another value
 */
export async function recordSetting<Field extends keyof Settings>(
  engine: Engine,
  field: Field,
  value: Settings[Field],
): Promise<boolean> {
  if (readStackFile(engine.stack).observability[field] === value) return false;
  await engine.capture("config set --path", `plinth:observability.${field}`, String(value));
  return true;
}
