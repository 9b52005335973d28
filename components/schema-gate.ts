import { findingLine } from "@plinth/schemas/finding.ts";
import { gate } from "@plinth/schemas/gate.ts";
import { loadSchemas, publishedSchemas } from "@plinth/schemas/load.ts";
import * as pulumi from "@pulumi/pulumi";

/** The text of each published schema by topic. Throws, with a line for each finding, when the schema gate refuses any: in `preview` already. */
export function schemasThatPass(): Record<string, string> {
  const folder = loadSchemas();
  const findings = gate(folder);
  if (findings.length > 0)
    throw new pulumi.RunError(["The schemas are refused, and nothing was changed:", ...findings.map(findingLine)].join("\n  "));
  return Object.fromEntries(publishedSchemas(folder).map(({ topic, text }) => [topic, text]));
}
