import { UserError } from "@plinth/local/user-error.ts";
import { loadCheckedSchemas } from "@plinth/schemas/gate/gate.ts";

/**
 * The text of each published schema, by topic. A preview already fails here.
 *
 * @throws UserError with a line for each finding of the schema gate
 */
export function readCheckedSchemas(): Record<string, string> {
  try {
    return Object.fromEntries(loadCheckedSchemas().map(({ topic, text }) => [topic, text]));
  } catch (error) {
    throw new UserError((error as Error).message);
  }
}
