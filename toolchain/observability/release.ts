import { createHash } from "node:crypto";
import { chmodSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "@plinth/local/user-error.ts";
import { runCommand } from "../command.ts";

/** One program in an archive of a GitHub release. */
export interface Release {
  /** Such as `github.com/VictoriaMetrics/VictoriaLogs`. */
  repository: string;
  /** Without the `v`. */
  version: string;
  /** First part of the archive's name; platform and version follow. */
  archive: string;
  /** Name of the program; in the archive `-prod` follows. */
  program: string;
}

/**
 * Downloads the official program into `folder`, compared with the checksum that is published
 * beside it.
 *
 * @param host for tests. @default "https://"
 * @returns false without internet, or when the release has no program for this platform
 */
export async function downloadRelease(
  release: Release,
  folder: string,
  progress: (line: string) => void,
  host = "https://",
): Promise<boolean> {
  const { program, version } = release;
  const { name, url } = locateArchive(release, host);
  progress("looking for internet, 4 seconds at most");
  const expected = await fetchChecksum(release, host);
  if (expected === undefined) return false;
  progress(`downloading the official ${program} ${version}`);
  const content = await fetchFile(`${url}.tar.gz`, 600);
  if (content === undefined) return false;
  const found = createHash("sha256").update(content).digest("hex");
  if (found !== expected)
    throw new UserError(`${url}.tar.gz has checksum ${found}, but ${expected} is published: do not use it`);
  const file = join(folder, `${name}.tar.gz`);
  writeFileSync(file, content);
  await runCommand("tar", ["-xzf", file, "-C", folder, `${program}-prod`], { seconds: 60 });
  rmSync(file);
  renameSync(join(folder, `${program}-prod`), join(folder, program));
  chmodSync(join(folder, program), 0o755);
  return true;
}

/** Whether {@link downloadRelease} would find it. */
export async function isReleaseReachable(release: Release, host = "https://"): Promise<boolean> {
  return (await fetchChecksum(release, host)) !== undefined;
}

function locateArchive({ repository, version, archive }: Release, host: string): { name: string; url: string } {
  const name = `${archive}-${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}-v${version}`;
  return { name, url: `${host}${repository}/releases/download/v${version}/${name}` };
}

/** The published checksum; undefined without internet, or when this platform has no program. */
async function fetchChecksum(release: Release, host: string): Promise<string | undefined> {
  const { name, url } = locateArchive(release, host);
  const checksums = await fetchFile(`${url}_checksums.txt`, 4);
  return new RegExp(`^([0-9a-f]{64})\\s+\\*?${name}\\.tar\\.gz$`, "m").exec(checksums?.toString() ?? "")?.[1];
}

/** Undefined when the server cannot be reached in time or has no such file. */
async function fetchFile(url: string, seconds: number): Promise<Buffer | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(seconds * 1000) });
    return response.ok ? Buffer.from(await response.arrayBuffer()) : undefined;
  } catch {
    return undefined;
  }
}
