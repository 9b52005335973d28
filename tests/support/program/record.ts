import { join } from "node:path";
import * as program from "../../../cli/program/record.ts";

export { type ConfigValue, type RecordedResource, redactSecrets, secretValue } from "../../../cli/program/record.ts";

/** As the command's, of a program with the services of this repository alone. */
export function recordStack(
  stack: string,
  config: Record<string, program.ConfigValue> = {},
): Promise<program.RecordedResource[]> {
  return program.recordStack(stack, config, join(import.meta.dirname, "recorder.ts"));
}
