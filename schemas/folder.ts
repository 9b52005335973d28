import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type CatalogEntry, catalog } from "./catalog.ts";

/** An unparsed file. `path` is relative to the schema folder, with forward slashes. */
export interface SchemaFile {
  path: string;
  text: string;
}

/**
 * A recorded version, `history/{name}/{version}-{digest}.avsc`, with the digest of its file name.
 */
export interface RecordedVersion extends SchemaFile {
  version: number;
  digest: string;
}

export interface SchemaFolder {
  directory: string;
  /** `*.avsc` of the folder itself, by name. */
  current: SchemaFile[];
  /** By the file name without `.avsc`; each list from version 1 upwards. */
  history: Map<string, RecordedVersion[]>;
  /** Files in `history/` whose names are not names of versions. */
  strayFiles: string[];
}

/** The schema that is registered for a topic. */
export interface PublishedSchema {
  topic: string;
  subject: string;
  version: number;
  /** The unparsed Avro file of the newest recorded version. */
  text: string;
}

/** The folder that this module is in. */
export const SCHEMA_DIRECTORY = import.meta.dirname;
const VERSION_FILE_PATTERN = /^([1-9]\d*)-([0-9a-f]{12})\.avsc$/;

/** Reads every Avro file below a folder, without parsing. @throws if the folder cannot be read */
export function loadSchemas(directory: string = SCHEMA_DIRECTORY): SchemaFolder {
  const current = listAvroFiles(directory).map((name) => ({
    path: name,
    text: readFileSync(join(directory, name), "utf8"),
  }));
  const history = new Map<string, RecordedVersion[]>();
  const strays: string[] = [];
  const past = join(directory, "history");
  for (const entry of existsSync(past) ? readdirSync(past, { withFileTypes: true }) : []) {
    if (entry.isDirectory()) history.set(entry.name, readVersions(directory, entry.name, strays));
    else strays.push(`history/${entry.name}`);
  }
  return { directory, current, history, strayFiles: strays };
}

/**
 * The newest recorded version of each topic, for the registry. A changed comment makes no new
 * version, so it reaches the registry with the next change of the schema.
 *
 * @throws if a topic has no recorded version, because `make generate` never ran for it
 */
export function listPublishedSchemas(
  folder: SchemaFolder = loadSchemas(),
  entries: readonly CatalogEntry[] = catalog,
): PublishedSchema[] {
  return entries.map(({ topic, subject, file }) => {
    const newest = folder.history.get(schemaName(file))?.at(-1);
    if (!newest) throw new Error(`schemas/history has no version of ${file}: run make generate`);
    return { topic, subject, version: newest.version, text: newest.text };
  });
}

/** The folder of a schema's history: `V1_BETS` for `V1_BETS.avsc`. */
export function schemaName(file: string): string {
  return basename(file, ".avsc");
}

function readVersions(directory: string, name: string, strays: string[]): RecordedVersion[] {
  const versions: RecordedVersion[] = [];
  for (const file of readdirSync(join(directory, "history", name))) {
    const path = `history/${name}/${file}`;
    const [, version, digest] = VERSION_FILE_PATTERN.exec(file) ?? [];
    if (version === undefined || digest === undefined) strays.push(path);
    else versions.push({ path, version: Number(version), digest, text: readFileSync(join(directory, path), "utf8") });
  }
  return versions.sort((one, other) => one.version - other.version);
}

function listAvroFiles(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(".avsc"))
    .sort();
}
