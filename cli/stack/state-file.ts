import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { readJsonFile } from "@plinth/local/json-file.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { shellQuote } from "../terminal/text.ts";

export interface StateResource {
  urn: string;
  type: string;
  inputs?: { directory?: string; context?: string; namespace?: string; clusterUid?: string; stackId?: string };
  outputs?: object;
}

/**
 * The resources in a state file; none when there is no such file.
 *
 * @throws {@link UserError} for a damaged file, with the command that puts the newest whole copy in
 *   its place
 */
export function readStateFile(file: string): StateResource[] {
  const what = `The state of stack '${basename(file, ".json")}'`;
  const state = readJsonFile(file, what, () => describeRestoring(file));
  if (state === undefined) return [];
  if (!isState(state))
    throw new UserError(`${what} (${file}) is not a state that Pulumi wrote. ${describeRestoring(file)}`);
  return state.checkpoint.latest?.resources ?? [];
}

interface State {
  checkpoint: { latest?: { resources?: StateResource[] | null } | null };
}

/** As far as it is read here. */
function isState(value: unknown): value is State {
  const { checkpoint } = value as Partial<Record<string, unknown>>;
  if (!isObject(checkpoint)) return false;
  const { latest } = checkpoint;
  if (latest === undefined || latest === null) return true;
  if (!isObject(latest)) return false;
  const resources = latest.resources ?? [];
  return Array.isArray(resources) && resources.every(isResource);
}

function isResource(value: unknown): boolean {
  return isObject(value) && typeof value.urn === "string" && typeof value.type === "string";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWholeState(file: string): boolean {
  try {
    return isState(readJsonFile(file, file, () => ""));
  } catch {
    return false;
  }
}

function describeRestoring(file: string): string {
  const remove = statSync(file, { throwIfNoEntry: false })?.isDirectory() ? `rm -r ${shellQuote(file)} && ` : "";
  const copy = findNewestCopy(file);
  if (copy !== undefined)
    return `To go on from the newest whole copy, type: ${remove}cp ${shellQuote(copy)} ${shellQuote(file)}; then: make up`;
  return `There is no whole copy of it; the data of the stack is kept elsewhere. To begin with an empty state, which takes over what is there, type: mv ${shellQuote(file)} ${shellQuote(`${file}.damaged`)}; then: make up`;
}

/** Pulumi keeps the file before its last change, and a copy after each update. */
function findNewestCopy(file: string): string | undefined {
  const [stack, project] = [basename(file, ".json"), basename(dirname(file))];
  const store = join(dirname(file), "..", "..");
  const kept = [
    [join(store, "history", project, stack), /\.checkpoint\.json$/],
    [join(store, "backups", project, stack), /\.json$/],
  ] as const;
  const copies = kept.flatMap(([folder, name]) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((each) => name.test(each))
          .map((each) => join(folder, each))
      : [],
  );
  const age = (each: string) => statSync(each).mtimeMs;
  return [`${file}.bak`, ...copies.sort((a, b) => age(b) - age(a))].find(isWholeState);
}
