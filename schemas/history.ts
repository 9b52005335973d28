import { digest } from "./canonical.ts";
import type { Finding } from "./finding.ts";
import type { RecordedVersion, SchemaFolder } from "./load.ts";
import type { Reader } from "./read.ts";

export const RECORD_REMEDY = "run make generate, and commit what it writes";
const RESTORE_REMEDY = "restore schemas/history from git: a published version never changes, make generate records new ones";

/**
 * What is wrong with the recorded versions themselves: a number that is missing or given twice, a file whose content is not the one that
 * its name was made from, and files that are no version.
 */
export function historyFindings(folder: SchemaFolder, read: Reader): Finding[] {
  const strays = folder.strays.map((file) => finding(file, "not the name of a version, which is {version}-{digest}.avsc", RESTORE_REMEDY));
  const lists = [...folder.history].flatMap(([name, versions]) => [
    ...orphans(name, versions, folder),
    ...numberingFindings(name, versions),
    ...versions.flatMap((version) => contentFindings(version, read)),
  ]);
  return [...strays, ...lists];
}

function orphans(name: string, versions: RecordedVersion[], folder: SchemaFolder): Finding[] {
  if (versions.length === 0 || folder.current.some(({ path }) => path === `${name}.avsc`)) return [];
  const remedy = `restore schemas/${name}.avsc, or remove the folder where the topic is retired`;
  return [finding(`history/${name}`, `versions of a file that is gone: schemas/${name}.avsc`, remedy)];
}

function numberingFindings(name: string, versions: RecordedVersion[]): Finding[] {
  const numbers = versions.map(({ version }) => version);
  const twice = new Set(numbers.filter((number, at) => number === numbers[at - 1]));
  const present = new Set(numbers);
  const missing = Array.from({ length: numbers.at(-1) ?? 0 }, (_, at) => at + 1).filter((number) => !present.has(number));
  const merge = "keep the one that is published already, remove the other and run make generate";
  return [
    ...[...twice].map((number) => finding(`history/${name}`, `two files are version ${number}`, merge)),
    ...missing.map((number) => finding(`history/${name}`, `version ${number} is missing`, RESTORE_REMEDY)),
  ];
}

function contentFindings({ path, text, digest: claimed }: RecordedVersion, read: Reader): Finding[] {
  const actual = digest(text);
  if (actual !== claimed) return [finding(path, `the content was changed: its digest is ${actual}`, RESTORE_REMEDY)];
  const found = read(text);
  return "flaw" in found ? [{ ...finding(path, found.flaw.reason, RESTORE_REMEDY), field: found.flaw.field }] : [];
}

const finding = (file: string, reason: string, remedy: string): Finding => ({ rule: "history", file, field: "", reason, remedy });
