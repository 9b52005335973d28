import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { digest } from "./canonical.ts";
import { type CatalogEntry, catalog } from "./catalog.ts";
import { type Finding, findingLine } from "./finding.ts";
import { gate, isRecorded } from "./gate.ts";
import { loadSchemas, type SchemaFolder, schemaName } from "./load.ts";
import { renderTypes } from "./render.ts";

/** What a run did; paths are relative to the schema folder. */
export interface Generated {
  /** Why nothing was written; empty when all is well. */
  findings: Finding[];
  /** New versions in `history/`. */
  recorded: string[];
  /** TypeScript that was written or removed, because it was not as it should be. */
  changed: string[];
}

/**
 * Records each schema that changed as a new version, then writes the TypeScript of all. A second run changes nothing.
 * What the gate refuses is recorded by no run: a version in `history/` is one that every earlier reader's data was checked against.
 *
 * @param directory the schema folder @default this module's own
 * @throws when two types would have one name in TypeScript.
 */
export function generate(directory?: string, entries: readonly CatalogEntry[] = catalog): Generated {
  const folder = loadSchemas(directory);
  const findings = gate(folder, entries).filter(({ rule }) => rule !== "unrecorded");
  if (findings.length > 0) return { findings, recorded: [], changed: [] };
  const recorded = recordVersions(folder, entries);
  return { findings, recorded, changed: writeTypes(loadSchemas(directory), entries) };
}

/** The generated files that are not what `make generate` would write. */
export function staleFindings(folder: SchemaFolder, entries: readonly CatalogEntry[] = catalog): Finding[] {
  return outdated(folder, entries).map(({ path }) => ({
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
    const path = `history/${name}/${(newest?.version ?? 0) + 1}-${digest(text)}.avsc`;
    write(join(folder.directory, path), text);
    return [path];
  });
}

function writeTypes(folder: SchemaFolder, entries: readonly CatalogEntry[]): string[] {
  return outdated(folder, entries).map(({ path, wanted }) => {
    const target = join(folder.directory, path);
    if (wanted === undefined) rmSync(target);
    else write(target, wanted);
    return path;
  });
}

/** Each generated file that differs from what is wanted; one that nothing wants has no `wanted`. */
function outdated(folder: SchemaFolder, entries: readonly CatalogEntry[]): { path: string; wanted?: string }[] {
  const wanted = renderTypes(folder, entries);
  const generated = join(folder.directory, "generated");
  const present = existsSync(generated) ? readdirSync(generated).map((name) => `generated/${name}`) : [];
  const superfluous = present.filter((path) => !wanted.has(path)).map((path) => ({ path }));
  const differing = [...wanted].filter(
    ([path, text]) => !present.includes(path) || readFileSync(join(folder.directory, path), "utf8") !== text,
  );
  return [...superfluous, ...differing.map(([path, text]) => ({ path, wanted: text }))];
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function main(): void {
  const { findings, recorded, changed } = generate();
  for (const finding of findings) console.error(findingLine(finding));
  for (const path of recorded) console.log(`schemas/${path} recorded`);
  for (const path of changed) console.log(`schemas/${path} written`);
  if (findings.length > 0) process.exitCode = 1;
  else if (recorded.length + changed.length === 0) console.log("schemas/generated and schemas/history are up to date");
}

if (import.meta.main) main();
