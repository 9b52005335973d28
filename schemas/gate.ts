import type { Schema } from "./avro/model.ts";
import { identity } from "./canonical.ts";
import { type CatalogEntry, catalog } from "./catalog.ts";
import { changeFlaws, type Version } from "./changes.ts";
import { envelopeFlaws } from "./envelope.ts";
import type { Finding, Flaw } from "./finding.ts";
import { historyFindings, RECORD_REMEDY } from "./history.ts";
import { type RecordedVersion, type SchemaFile, type SchemaFolder, schemaName } from "./load.ts";
import { moneyFlaws } from "./money.ts";
import { readSchema } from "./read.ts";

/**
 * Judges a folder of schemas without a registry, a broker or git: what is not Avro, an envelope that is not the platform's, money that is
 * not whole cents, a file or topic that the catalogue does not bind, a change that is not BACKWARD_TRANSITIVE against every recorded
 * version, and a change that is not recorded.
 *
 * @returns every reason to refuse; empty when the folder is good.
 */
export function gate(folder: SchemaFolder, entries: readonly CatalogEntry[] = catalog): Finding[] {
  const byFile = new Map(entries.map((entry) => [entry.file, entry]));
  const present = new Set(folder.current.map(({ path }) => path));
  const missing = entries.filter(({ file }) => !present.has(file)).map(missingFile);
  return [...missing, ...historyFindings(folder), ...folder.current.flatMap((file) => fileFindings(file, folder, byFile.get(file.path)))];
}

function fileFindings(file: SchemaFile, folder: SchemaFolder, entry: CatalogEntry | undefined): Finding[] {
  const read = readSchema(file.text);
  const unbound = entry ? [] : [unboundFile(file)];
  const flaws = "flaw" in read ? [read.flaw] : schemaFlaws(read.schema, entry);
  if (entry && !("flaw" in read)) flaws.push(...versionFlaws(read.schema, file.text, folder.history.get(schemaName(file.path)) ?? []));
  return [...unbound, ...flaws].map((flaw) => ({ file: file.path, ...flaw }));
}

function schemaFlaws(schema: Schema, entry: CatalogEntry | undefined): Flaw[] {
  return [...(entry ? envelopeFlaws(schema, entry.tier) : []), ...moneyFlaws(schema)];
}

/** What is refused of a change: its effect on readers of any recorded version, and that it is not recorded itself. */
function versionFlaws(schema: Schema, text: string, recorded: RecordedVersion[]): Flaw[] {
  const newest = recorded.at(-1);
  const broken = changeFlaws(schema, recorded.flatMap(parsed));
  if (broken.length > 0 || isRecorded(text, newest)) return broken;
  const reason = newest
    ? `differs from version ${newest.version}, the newest in schemas/history`
    : "no version of it is in schemas/history";
  return [{ rule: "unrecorded", field: "", reason, remedy: RECORD_REMEDY }];
}

/** Unchanged, but for layout and documentation. One that is not even Avro is a finding of the history, and recorded by no run. */
export function isRecorded(text: string, newest: RecordedVersion | undefined): boolean {
  if (newest === undefined) return false;
  if (newest.text === text) return true;
  return "schema" in readSchema(newest.text) && identity(newest.text) === identity(text);
}

function parsed({ version, text }: RecordedVersion): Version[] {
  const read = readSchema(text);
  return "schema" in read ? [{ version, schema: read.schema }] : [];
}

function missingFile({ file, topic }: CatalogEntry): Finding {
  const remedy = `add schemas/${file}, or take ${topic} out of schemas/catalog.ts`;
  return { rule: "catalogue", file, field: "", reason: `topic ${topic} is in the catalogue, but its file is missing`, remedy };
}

function unboundFile({ path }: SchemaFile): Flaw {
  const remedy = `add its topic, owner and tier to schemas/catalog.ts, or remove schemas/${path}`;
  return { rule: "catalogue", field: "", reason: "no topic of the catalogue has this file", remedy };
}
