import { generateTypes } from "@plinth/schemas/codegen/generate.ts";
import { formatSchemaFinding } from "@plinth/schemas/gate/finding.ts";

/** Part of `make generate`: records new versions of schemas and writes the TypeScript of events. */
const { findings, recorded, changed } = generateTypes();
for (const finding of findings) console.error(formatSchemaFinding(finding));
for (const path of recorded) console.log(`schemas/${path} recorded`);
for (const path of changed) console.log(`schemas/${path} written`);
if (findings.length > 0) process.exitCode = 1;
else if (recorded.length + changed.length === 0) console.log("schemas/generated and schemas/history are up to date");
