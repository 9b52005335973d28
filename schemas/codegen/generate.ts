import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type CatalogEntry, catalog } from "../catalog.ts";
import { loadSchemas, type SchemaFolder, schemaName } from "../folder.ts";
import type { SchemaFinding } from "../gate/finding.ts";
import { checkFolder, isRecorded } from "../gate/gate.ts";
import { fileDigest } from "../gate/identity.ts";
import { renderTypes } from "./render.ts";

/** What a run did; paths are relative to the schema folder. */
export interface GenerateResult {
  /** Why nothing was written; empty when all is well. */
  findings: SchemaFinding[];
  /** New versions in `history/`. */
  recorded: string[];
  /** TypeScript that was written or removed, because it was not as it should be. */
  changed: string[];
}

/**
 * Records each schema that changed as a new version, then writes the TypeScript of all. A second
 * run changes nothing. What the gate refuses is recorded by no run: a version in `history/` is one
 * that every earlier reader's data was checked against.
 *
 * @param directory the schema folder @default this module's own
 * @throws when two types would have one name in TypeScript.
 */
export function generateTypes(directory?: string, entries: readonly CatalogEntry[] = catalog): GenerateResult {
  const folder = loadSchemas(directory);
  const findings = checkFolder(folder, entries).filter(({ rule }) => rule !== "unrecorded");
  if (findings.length > 0) return { findings, recorded: [], changed: [] };
  const recorded = recordVersions(folder, entries);
  return { findings, recorded, changed: writeTypes(loadSchemas(directory), entries) };
}

/** The generated files that are not what `make generate` would write. */
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
  return listOutdatedFiles(folder, entries).map(({ path, wanted }) => {
    const target = join(folder.directory, path);
    if (wanted === undefined) rmSync(target);
    else writeText(target, wanted);
    return path;
  });
}

/** Each generated file that differs from what is wanted; one that nothing wants has no `wanted`. */
function listOutdatedFiles(
  folder: SchemaFolder,
  entries: readonly CatalogEntry[],
): { path: string; wanted?: string }[] {
  const wanted = renderTypes(folder, entries);
  const generated = join(folder.directory, "generated");
  const present = existsSync(generated) ? readdirSync(generated).map((name) => `generated/${name}`) : [];
  const superfluous = present.filter((path) => !wanted.has(path)).map((path) => ({ path }));
  const differing = [...wanted].filter(
    ([path, text]) => !present.includes(path) || readFileSync(join(folder.directory, path), "utf8") !== text,
  );
  return [...superfluous, ...differing.map(([path, text]) => ({ path, wanted: text }))];
}

function writeText(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
