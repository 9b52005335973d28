import { loadCheckedSchemas } from "@plinth/schemas/gate/gate.ts";
import * as pulumi from "@pulumi/pulumi";

/**
 * The text of each published schema by topic. What the schema gate refuses ends the program with
 * its lines alone: in `preview` already.
 */
export function readCheckedSchemas(): Record<string, string> {
  try {
    return Object.fromEntries(loadCheckedSchemas().map(({ topic, text }) => [topic, text]));
  } catch (error) {
    throw new pulumi.RunError((error as Error).message);
  }
}
