import type { RecordedVersion, SchemaFolder } from "../folder.ts";
import type { SchemaFinding } from "./finding.ts";
import { fileDigest } from "./identity.ts";
import type { SchemaParser } from "./schema-parser.ts";

export const RECORD_REMEDY = "run make generate, and commit what it writes";
const RESTORE_REMEDY =
  "restore schemas/history from git: a published version never changes, make generate records new ones";

/**
 * Mistakes of the recorded versions: a number that is missing or used twice, a file whose content
 * does not match the digest in its name, and files that are not versions.
 */
export function checkHistory(folder: SchemaFolder, read: SchemaParser): SchemaFinding[] {
  const strays = folder.strayFiles.map((file) =>
    historyFinding(file, "not the name of a version, which is {version}-{digest}.avsc", RESTORE_REMEDY),
  );
  const lists = [...folder.history].flatMap(([name, versions]) => [
    ...checkOrphans(name, versions, folder),
    ...checkNumbering(name, versions),
    ...versions.flatMap((version) => checkContent(version, read)),
  ]);
  return [...strays, ...lists];
}

function checkOrphans(name: string, versions: RecordedVersion[], folder: SchemaFolder): SchemaFinding[] {
  if (versions.length === 0 || folder.current.some(({ path }) => path === `${name}.avsc`)) return [];
  const remedy = `restore schemas/${name}.avsc, or remove the folder where the topic is retired`;
  return [historyFinding(`history/${name}`, `versions of a file that is gone: schemas/${name}.avsc`, remedy)];
}

function checkNumbering(name: string, versions: RecordedVersion[]): SchemaFinding[] {
  const numbers = versions.map(({ version }) => version);
  const twice = new Set(numbers.filter((number, index) => number === numbers[index - 1]));
  const present = new Set(numbers);
  const missing = Array.from({ length: numbers.at(-1) ?? 0 }, (_, index) => index + 1).filter(
    (number) => !present.has(number),
  );
  const merge = "keep the one that is published already, remove the other and run make generate";
  return [
    ...[...twice].map((number) => historyFinding(`history/${name}`, `two files are version ${number}`, merge)),
    ...missing.map((number) => historyFinding(`history/${name}`, `version ${number} is missing`, RESTORE_REMEDY)),
  ];
}

function checkContent({ path, text, digest: claimed }: RecordedVersion, read: SchemaParser): SchemaFinding[] {
  const actual = fileDigest(text);
  if (actual !== claimed)
    return [historyFinding(path, `the content was changed: its digest is ${actual}`, RESTORE_REMEDY)];
  const parsed = read(text);
  return "violation" in parsed
    ? [{ ...historyFinding(path, parsed.violation.reason, RESTORE_REMEDY), field: parsed.violation.field }]
    : [];
}

const historyFinding = (file: string, reason: string, remedy: string): SchemaFinding => ({
  rule: "history",
  file,
  field: "",
  reason,
  remedy,
});
