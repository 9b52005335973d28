import type { Schema } from "./avro/model.ts";
import { identity } from "./canonical.ts";
import { type CatalogEntry, catalog } from "./catalog.ts";
import { changeFlaws, type Version } from "./changes.ts";
import { envelopeFlaws } from "./envelope.ts";
import { type Finding, type Flaw, findingLine } from "./finding.ts";
import { historyFindings, RECORD_REMEDY } from "./history.ts";
import {
  loadSchemas,
  type PublishedSchema,
  publishedSchemas,
  type RecordedVersion,
  type SchemaFile,
  type SchemaFolder,
  schemaName,
} from "./load.ts";
import { moneyFlaws } from "./money.ts";
import { type Reader, reader } from "./read.ts";

/**
 * Judges a folder of schemas without a registry, a broker or git: what is not Avro, an envelope that is not the platform's, money that is
 * not whole cents, a file or topic that the catalogue does not bind, a change that is not BACKWARD_TRANSITIVE against every recorded
 * version, and a change that is not recorded.
 *
 * @returns every reason to refuse; empty when the folder is good.
 */
export function gate(folder: SchemaFolder, entries: readonly CatalogEntry[] = catalog): Finding[] {
  const read = reader();
  const byFile = new Map(entries.map((entry) => [entry.file, entry]));
  const present = new Set(folder.current.map(({ path }) => path));
  const missing = entries.filter(({ file }) => !present.has(file)).map(missingFile);
  const judged = folder.current.flatMap((file) => {
    const recorded = folder.history.get(schemaName(file.path)) ?? [];
    return fileFlaws(file, byFile.get(file.path), recorded, read).map((flaw) => ({ file: file.path, ...flaw }));
  });
  return [...missing, ...historyFindings(folder, read), ...judged];
}

/** What a registry is given. @throws with a line for each finding, when the gate refuses anything. */
export function schemasThatPass(folder: SchemaFolder = loadSchemas()): PublishedSchema[] {
  const findings = gate(folder);
  if (findings.length > 0)
    throw new Error(["The schemas are refused, and nothing was changed:", ...findings.map(findingLine)].join("\n  "));
  return publishedSchemas(folder);
}

function fileFlaws(file: SchemaFile, entry: CatalogEntry | undefined, recorded: RecordedVersion[], read: Reader): Flaw[] {
  const unbound = entry ? [] : [unboundFile(file)];
  const found = read(file.text);
  if ("flaw" in found) return [...unbound, found.flaw];
  const { schema } = found;
  return [...unbound, ...schemaFlaws(schema, entry), ...(entry ? versionFlaws(schema, file.text, recorded, read) : [])];
}

function schemaFlaws(schema: Schema, entry: CatalogEntry | undefined): Flaw[] {
  return [...(entry ? envelopeFlaws(schema, entry.tier) : []), ...moneyFlaws(schema)];
}

/** What is refused of a change: its effect on readers of any recorded version, and that it is not recorded itself. */
function versionFlaws(schema: Schema, text: string, recorded: RecordedVersion[], read: Reader): Flaw[] {
  // A version that is not even Avro is a finding of the history.
  const versions = recorded.flatMap((version) => parsed(version, read));
  const broken = changeFlaws(schema, versions);
  const newest = recorded.at(-1);
  if (broken.length > 0 || versions.length < recorded.length || isRecorded(text, newest)) return broken;
  const reason = newest
    ? `differs from version ${newest.version}, the newest in schemas/history`
    : "no version of it is in schemas/history";
  return [{ rule: "unrecorded", field: "", reason, remedy: RECORD_REMEDY }];
}

/** Unchanged since its newest version, but for layout and documentation. Both must be Avro. */
export function isRecorded(text: string, newest: RecordedVersion | undefined): boolean {
  return newest !== undefined && (newest.text === text || identity(newest.text) === identity(text));
}

function parsed({ version, text }: RecordedVersion, read: Reader): Version[] {
  const found = read(text);
  return "schema" in found ? [{ version, schema: found.schema }] : [];
}

function missingFile({ file, topic }: CatalogEntry): Finding {
  const remedy = `add schemas/${file}, or take ${topic} out of schemas/catalog.ts`;
  return { rule: "catalogue", file, field: "", reason: `topic ${topic} is in the catalogue, but its file is missing`, remedy };
}

function unboundFile({ path }: SchemaFile): Flaw {
  const remedy = `add its topic, owner and tier to schemas/catalog.ts, or remove schemas/${path}`;
  return { rule: "catalogue", field: "", reason: "no topic of the catalogue has this file", remedy };
}
