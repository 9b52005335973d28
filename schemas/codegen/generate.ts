import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type CatalogEntry, catalog } from "../catalog.ts";
import { loadSchemas, type SchemaFolder, schemaName } from "../folder.ts";
import type { SchemaFinding } from "../gate/finding.ts";
import { checkFolder, isRecorded } from "../gate/gate.ts";
import { fileDigest } from "../gate/identity.ts";
import { renderTypes } from "./render.ts";

/** The result of a run; paths are relative to the schema folder. */
export interface GenerateResult {
  /** The reasons why nothing was written; empty if the schemas are valid. */
  findings: SchemaFinding[];
  /** New versions in `history/`. */
  recorded: string[];
  /** TypeScript that was out of date, and so written or removed. */
  changed: string[];
}

/**
 * Records each changed schema as a new version, then writes the TypeScript of all schemas. A second
 * run changes nothing. It records nothing that the gate refuses, so every version in `history/` can
 * read the data of the earlier ones.
 *
 * @param directory @default the schema folder of this repository
 */
export function generateTypes(directory?: string, entries: readonly CatalogEntry[] = catalog): GenerateResult {
  const folder = loadSchemas(directory);
  const findings = checkFolder(folder, entries).filter(({ rule }) => rule !== "unrecorded");
  if (findings.length > 0) return { findings, recorded: [], changed: [] };
  const recorded = recordVersions(folder, entries);
  return { findings, recorded, changed: writeTypes(loadSchemas(directory), entries) };
}

/** The generated files that `make generate` would change. */
export function findStaleFiles(folder: SchemaFolder, entries: readonly CatalogEntry[] = catalog): SchemaFinding[] {
  return listOutdatedFiles(folder, entries).map(({ path }) => ({
    rule: "stale",
    file: path,
    field: "",
    reason: "generated is stale",
    remedy: "run make generate",
  }));
}

function recordVersions(folder: SchemaFolder, entries: readonly CatalogEntry[]): string[] {
  const files = new Map(folder.current.map(({ path, text }) => [path, text]));
  return entries.flatMap(({ file }) => {
    const text = files.get(file) ?? "";
    const name = schemaName(file);
    const newest = folder.history.get(name)?.at(-1);
    if (isRecorded(text, newest)) return [];
    const path = `history/${name}/${(newest?.version ?? 0) + 1}-${fileDigest(text)}.avsc`;
    writeText(join(folder.directory, path), text);
    return [path];
  });
}

function writeTypes(folder: SchemaFolder, entries: readonly CatalogEntry[]): string[] {
  return listOutdatedFiles(folder, entries).map(({ path, text }) => {
    const target = join(folder.directory, path);
    if (text === undefined) rmSync(target);
    else writeText(target, text);
    return path;
  });
}

/**
 * Generated files that are out of date, each with its new text; without text if it is superfluous.
 */
function listOutdatedFiles(folder: SchemaFolder, entries: readonly CatalogEntry[]): { path: string; text?: string }[] {
  const rendered = renderTypes(folder, entries);
  const generated = join(folder.directory, "generated");
  const present = existsSync(generated) ? readdirSync(generated).map((name) => `generated/${name}`) : [];
  const superfluous = present.filter((path) => !rendered.has(path)).map((path) => ({ path }));
  const differing = [...rendered].filter(
    ([path, text]) => !present.includes(path) || readFileSync(join(folder.directory, path), "utf8") !== text,
  );
  return [...superfluous, ...differing.map(([path, text]) => ({ path, text }))];
}

function writeText(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
