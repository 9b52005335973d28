import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { digest } from "./canonical.ts";
import { type CatalogEntry, catalog } from "./catalog.ts";
import { loadSchemas, type SchemaFolder, schemaName } from "./load.ts";
import { renderTypes } from "./render.ts";

/** What a run wrote, by path relative to the schema folder. */
export interface Generated {
  recorded: string[];
  written: string[];
}

export function generate(directory?: string, entries: readonly CatalogEntry[] = catalog): Generated {
  const folder = loadSchemas(directory);
  const recorded = recordVersions(folder, entries);
  return { recorded, written: writeTypes(loadSchemas(directory), entries) };
}

function recordVersions(folder: SchemaFolder, entries: readonly CatalogEntry[]): string[] {
  return entries.flatMap(({ file }) => {
    const text = folder.current.find(({ path }) => path === file)?.text ?? "";
    const name = schemaName(file);
    const newest = folder.history.get(name)?.at(-1);
    const current = digest(JSON.parse(text));
    if (newest?.digest === current) return [];
    const path = `history/${name}/${(newest?.version ?? 0) + 1}-${current}.avsc`;
    write(join(folder.directory, path), text);
    return [path];
  });
}

function writeTypes(folder: SchemaFolder, entries: readonly CatalogEntry[]): string[] {
  const wanted = renderTypes(folder, entries);
  const written: string[] = [];
  for (const [path, text] of wanted) {
    write(join(folder.directory, path), text);
    written.push(path);
  }
  return written;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

if (import.meta.main) console.log(generate());
