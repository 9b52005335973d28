import { createHash } from "node:crypto";
import { delimiter, join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { shellQuote } from "../terminal/text.ts";

/** The clone whose `make shell` set up this terminal. */
const OWNER = "PLINTH_SHELL_OF";
/** `NAME=digest` of what `make shell` exported; for PATH the folders that it put in front. */
const EXPORTS = "PLINTH_SHELL_SETS";
const MARKS = [OWNER, EXPORTS];

type Environment = Record<string, string | undefined>;

/**
 * The lines that `make shell` prints. They carry whose they are: a later command, of this clone or
 * another, tells them from what the person has set.
 *
 * @param variables by name; of PATH the folders that come first
 * @param chosen names among them that the person had set: they stay the person's
 * @param before the environment of the terminal, in which an earlier `make shell` may have exported
 */
export function formatExports(
  variables: Record<string, string>,
  chosen: readonly string[],
  before: Environment = process.env,
): string[] {
  const { PATH: folders = "", ...plain } = variables;
  // This clone's npm programs are in front of this process alone: cli/run put them there.
  const left = [...exportedFolders(before), ...folders.split(delimiter), join(root, "node_modules", ".bin")];
  const path = [folders, withoutFolders(before.PATH, left)];
  const own = Object.entries(plain).filter(([name]) => !chosen.includes(name));
  const marks = [
    `PATH=${Buffer.from(folders).toString("base64url")}`,
    ...own.map(([name, value]) => `${name}=${digest(value)}`),
  ];
  const values = { ...plain, PATH: path.filter(Boolean).join(delimiter), [OWNER]: root, [EXPORTS]: marks.join(" ") };
  const outdated = ownExports(before).filter((name) => !(name in values));
  return [
    ...outdated.map((name) => `unset ${name}`),
    ...Object.entries(values).map(([name, value]) => `export ${name}=${shellQuote(value)}`),
  ];
}

/**
 * The environment without what `make shell` exported, of this clone or another, for this stack or
 * another. Every command works out its own: an export left in the terminal is nobody's wish, and
 * would let a command of one clone change another clone's stack.
 */
export function withoutShellExports(environment: Environment): Environment {
  const own = new Set([...ownExports(environment), ...MARKS]);
  const rest = Object.fromEntries(Object.entries(environment).filter(([name]) => !own.has(name)));
  return { ...rest, PATH: withoutFolders(environment.PATH, exportedFolders(environment)) };
}

/** As {@link withoutShellExports}, for this process and all that it starts. */
export function dropShellExports(): void {
  const kept = withoutShellExports(process.env);
  for (const name of Object.keys(process.env)) if (!(name in kept)) delete process.env[name];
  if (kept.PATH !== undefined) process.env.PATH = kept.PATH;
}

/** Names of the variables that still have the value that `make shell` gave them. */
function ownExports(environment: Environment): string[] {
  return readMarks(environment).flatMap(([name, mark]) => {
    const value = environment[name];
    return name !== "PATH" && value !== undefined && digest(value) === mark ? [name] : [];
  });
}

function exportedFolders(environment: Environment): string[] {
  const [, folders = ""] = readMarks(environment).find(([name]) => name === "PATH") ?? [];
  return Buffer.from(folders, "base64url").toString().split(delimiter).filter(Boolean);
}

function readMarks(environment: Environment): [name: string, mark: string][] {
  return (environment[EXPORTS] ?? "").split(" ").flatMap((entry): [string, string][] => {
    const split = entry.indexOf("=");
    return split < 1 ? [] : [[entry.slice(0, split), entry.slice(split + 1)]];
  });
}

function withoutFolders(path: string | undefined, folders: readonly string[]): string {
  return (path ?? "")
    .split(delimiter)
    .filter((folder) => !folders.includes(folder))
    .join(delimiter);
}

function digest(value: string): string {
  return createHash("sha256").update(value).digest("hex").slice(0, 16);
}
