import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "../supervisor/atomic-file.ts";

/** The token in `folder`; undefined before the page has started once. */
export function readPageToken(folder: string): string | undefined {
  try {
    const token = readFileSync(tokenFile(folder), "utf8").trim();
    return token === "" ? undefined : token;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The same one after a restart, so an open page may go on changing things. */
export function ensurePageToken(folder: string): string {
  const known = readPageToken(folder);
  if (known !== undefined) return known;
  const token = createPageToken();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeAtomically(tokenFile(folder), token);
  return token;
}

export function createPageToken(): string {
  return randomBytes(24).toString("base64url");
}

function tokenFile(folder: string): string {
  return join(folder, "page-token");
}
