import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { CatalogEntry, Tier } from "@plinth/schemas/catalog.ts";
import { generateTypes } from "@plinth/schemas/codegen/generate.ts";

/** Any JSON that may or may not be Avro. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const folders: string[] = [];

/**
 * A temporary schema folder with these files, each a text or a JSON value. `removeFolders` removes
 * it.
 */
export function schemaFolder(files: Record<string, Json>): string {
  const directory = mkdtempSync(join(tmpdir(), "plinth-schemas-"));
  folders.push(directory);
  writeFiles(directory, files);
  return directory;
}

export function writeFiles(directory: string, files: Record<string, Json>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), typeof content === "string" ? content : JSON.stringify(content, null, 2));
  }
}

/**
 * A folder with one topic that was recorded in each of these forms, one after another. The last
 * form is current.
 */
export function recordedFolder(entry: CatalogEntry, ...forms: Json[]): string {
  const directory = schemaFolder({});
  for (const form of forms) {
    writeFiles(directory, { [entry.file]: form });
    const { findings } = generateTypes(directory, [entry]);
    if (findings.length > 0) throw new Error(`this form is not recorded: ${JSON.stringify(findings)}`);
  }
  return directory;
}

export function removeFolders(): void {
  for (const directory of folders.splice(0)) rmSync(directory, { recursive: true });
}

export function entryFor(topic: string, tier: Tier = 1): CatalogEntry {
  const facts = {
    owner: "test",
    consumers: [],
    retries: 0,
    key: "aggregate_id",
    partitions: 1,
    retentionDays: 1,
  } as const;
  return { topic, subject: `${topic}-value`, file: `${topic}.avsc`, tier, ...facts };
}

/** An envelope with changed fields, by name; null removes a field. */
export function event(
  changes: Record<string, Json> = {},
  data: Json[] = [{ name: "bet_id", type: "string" }],
): { [key: string]: Json } {
  const types: Record<string, Json> = {
    id: { type: "string", logicalType: "uuid" },
    tenant_id: "long",
    aggregate_id: "string",
    event_type: { type: "enum", name: "TestEventType", symbols: ["TEST_RUN", "TEST_ENDED"] },
    event_data: { type: "record", name: "TestData", fields: data },
    timestamp: { type: "long", logicalType: "timestamp-millis" },
    version: "int",
    ...changes,
  };
  const fields = Object.entries(types).flatMap(([name, type]) => (type === null ? [] : [{ name, type }]));
  return { type: "record", name: "TestEvent", namespace: "plinth.test", fields };
}
