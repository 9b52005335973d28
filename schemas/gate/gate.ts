import type { Schema } from "../avro/model.ts";
import { type CatalogEntry, catalog } from "../catalog.ts";
import {
  listPublishedSchemas,
  loadSchemas,
  type PublishedSchema,
  type RecordedVersion,
  type SchemaFile,
  type SchemaFolder,
  schemaName,
} from "../folder.ts";
import { checkChange, type ParsedVersion } from "./compatibility.ts";
import { checkEnvelope } from "./envelope.ts";
import { formatSchemaFinding, type SchemaFinding, type SchemaViolation } from "./finding.ts";
import { checkHistory, RECORD_REMEDY } from "./history.ts";
import { schemaIdentity } from "./identity.ts";
import { checkMoney } from "./money.ts";
import { createSchemaParser, type SchemaParser } from "./schema-parser.ts";
import { checkServiceTypes } from "./service-types.ts";
import { checkTypeNames } from "./type-names.ts";

/**
 * Judges a folder of schemas without a registry, a broker or git. Refuses a file that is not Avro,
 * an envelope other than the platform's, types that no service can use, money other than whole
 * cents, a file or topic that the catalogue lacks, two types of one name, a change that is not
 * BACKWARD_TRANSITIVE against every recorded version, and a change that is not recorded.
 *
 * @returns every reason to refuse the folder; empty if there is none
 */
export function checkFolder(folder: SchemaFolder, entries: readonly CatalogEntry[] = catalog): SchemaFinding[] {
  const read = createSchemaParser();
  const byFile = new Map(entries.map((entry) => [entry.file, entry]));
  const present = new Set(folder.current.map(({ path }) => path));
  const missing = entries.filter(({ file }) => !present.has(file)).map(missingFileFinding);
  const judged = folder.current.flatMap((file) => {
    const recorded = folder.history.get(schemaName(file.path)) ?? [];
    return checkFile(file, byFile.get(file.path), recorded, read).map((violation) => ({
      file: file.path,
      ...violation,
    }));
  });
  const parsed = folder.current.flatMap(({ path, text }) => {
    const result = read(text);
    return byFile.has(path) && "schema" in result ? [{ path, schema: result.schema }] : [];
  });
  return [...missing, ...checkHistory(folder, read), ...judged, ...checkTypeNames(parsed)];
}

/**
 * The schemas for the registry.
 *
 * @throws with a line for each finding, if the gate refuses anything
 */
export function loadCheckedSchemas(folder: SchemaFolder = loadSchemas()): PublishedSchema[] {
  const findings = checkFolder(folder);
  if (findings.length > 0)
    throw new Error(
      ["The schemas are refused, and nothing was changed:", ...findings.map(formatSchemaFinding)].join("\n  "),
    );
  return listPublishedSchemas(folder);
}

function checkFile(
  file: SchemaFile,
  entry: CatalogEntry | undefined,
  recorded: RecordedVersion[],
  read: SchemaParser,
): SchemaViolation[] {
  const unbound = entry ? [] : [unboundFileViolation(file)];
  const parsed = read(file.text);
  if ("violation" in parsed) return [...unbound, parsed.violation];
  const { schema } = parsed;
  return [...unbound, ...checkSchema(schema, entry), ...(entry ? checkVersion(schema, file.text, recorded, read) : [])];
}

function checkSchema(schema: Schema, entry: CatalogEntry | undefined): SchemaViolation[] {
  return [...(entry ? checkEnvelope(schema, entry.tier) : []), ...checkServiceTypes(schema), ...checkMoney(schema)];
}

/**
 * Violations of a changed schema: readers of a recorded version that it breaks, and a change that
 * is not recorded.
 */
function checkVersion(
  schema: Schema,
  text: string,
  recorded: RecordedVersion[],
  read: SchemaParser,
): SchemaViolation[] {
  // checkHistory reports versions that are not Avro.
  const versions = recorded.flatMap((version) => parseVersion(version, read));
  const broken = checkChange(schema, versions);
  const newest = recorded.at(-1);
  if (broken.length > 0 || versions.length < recorded.length || isRecorded(text, newest)) return broken;
  const reason = newest
    ? `differs from version ${newest.version}, the newest in schemas/history`
    : "no version of it is in schemas/history";
  return [{ rule: "unrecorded", field: "", reason, remedy: RECORD_REMEDY }];
}

/** Whether only layout and documentation changed since the newest version. Both must be Avro. */
export function isRecorded(text: string, newest: RecordedVersion | undefined): boolean {
  return newest !== undefined && (newest.text === text || schemaIdentity(newest.text) === schemaIdentity(text));
}

function parseVersion({ version, text }: RecordedVersion, read: SchemaParser): ParsedVersion[] {
  const parsed = read(text);
  return "schema" in parsed ? [{ version, schema: parsed.schema }] : [];
}

function missingFileFinding({ file, topic }: CatalogEntry): SchemaFinding {
  const remedy = `add schemas/${file}, or take ${topic} out of schemas/catalog.ts`;
  return {
    rule: "catalogue",
    file,
    field: "",
    reason: `topic ${topic} is in the catalogue, but its file is missing`,
    remedy,
  };
}

function unboundFileViolation({ path }: SchemaFile): SchemaViolation {
  const remedy = `add its topic, owner and tier to schemas/catalog.ts, or remove schemas/${path}`;
  return { rule: "catalogue", field: "", reason: "no topic of the catalogue has this file", remedy };
}
