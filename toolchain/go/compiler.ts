import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findPrograms } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { runCommand } from "../command.ts";
import { isAtLeast } from "../version.ts";

/** Builds every module here. */
export const RECOMMENDED_VERSION = "1.26.8";
/** Downloads modules without building them. */
const OLDEST_VERSION = "1.21";
/** Go 1.21 and later fetch a newer Go for a module that asks for one. */
const FETCH_SECONDS = 120;

export interface GoCompiler {
  path: string;
  version: string;
}

/**
 * Path of a Go that builds these modules: the first on PATH that does. It is asked in each module's
 * folder, where Go decides by itself which version it runs.
 *
 * @param failure what is impossible without Go
 * @param modules folders with a go.mod; none: modules are only downloaded
 * @throws {@link UserError} with the failure, the Go that was found, and the command that installs
 *   it
 */
export async function requireGo(failure: string, modules: readonly string[] = []): Promise<string> {
  const complaints: string[] = [];
  for (const path of findPrograms("go")) {
    const complaint = await whyUnfit(path, modules);
    if (complaint === undefined) return path;
    complaints.push(complaint);
  }
  throw new UserError(`${failure} (${complaints.join("; ") || "no Go"}). Type: ${goRemedy()}`);
}

/**
 * The best Go on PATH, by the version that it has itself: it may fetch a newer one where a module
 * asks for that.
 */
export async function findGo(): Promise<GoCompiler | undefined> {
  const found = await Promise.all(
    findPrograms("go").map(async (path) => ({ path, version: await readVersion(path, "/", { GOTOOLCHAIN: "local" }) })),
  );
  const working = found.flatMap(({ path, version }) => (version instanceof Error ? [] : [{ path, version }]));
  return working.find(({ version }) => isAtLeast(version, RECOMMENDED_VERSION)) ?? working[0];
}

/** The version that a module's go.mod asks for at least; of `1.26rc1` the number. */
export function leastGoVersion(module: string): string {
  return /^go\s+(\d+(?:\.\d+)*)/m.exec(readFileSync(join(module, "go.mod"), "utf8"))?.[1] ?? OLDEST_VERSION;
}

export function goRemedy(platform: NodeJS.Platform = process.platform): string {
  if (platform === "darwin") return "brew install go";
  const archive = `https://go.dev/dl/go${RECOMMENDED_VERSION}.${platform}-${process.arch === "x64" ? "amd64" : process.arch}.tar.gz`;
  const sudo = process.getuid?.() === 0 ? "" : "sudo ";
  return `curl -fsSL ${archive} | ${sudo}tar -xz -C /usr/local && export PATH=/usr/local/go/bin:$PATH   (Debian's golang-go is often too old)`;
}

/** Undefined when it builds all modules. */
async function whyUnfit(path: string, modules: readonly string[]): Promise<string | undefined> {
  const needs = modules.length === 0 ? [{ folder: "/", least: OLDEST_VERSION }] : [];
  for (const folder of modules) needs.push({ folder, least: leastGoVersion(folder) });
  // The one that asks for most is named.
  needs.sort((a, b) => (isAtLeast(a.least, b.least) ? -1 : 1));
  for (const { folder, least } of needs) {
    const version = await readVersion(path, folder, {});
    if (version instanceof Error) return `${path} does not work for Go ${least}: ${version.message}`;
    if (!isAtLeast(version, least)) return `${path} is Go ${version}, and at least ${least} is needed`;
  }
  return undefined;
}

async function readVersion(path: string, cwd: string, variables: Record<string, string>): Promise<string | Error> {
  try {
    const env = { ...process.env, ...variables };
    const printed = await runCommand(path, ["version"], { cwd, env, seconds: FETCH_SECONDS });
    return /\bgo(\d+(?:\.\d+)+)/.exec(printed)?.[1] ?? new Error(`it prints ${JSON.stringify(printed.slice(0, 60))}`);
  } catch (error) {
    return new Error((error as Error).message.trim().split("\n").at(-1));
  }
}
