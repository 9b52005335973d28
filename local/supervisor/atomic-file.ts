import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** A reader sees the old content or the new, even if the writer is killed. */
export function writeAtomically(path: string, content: string, mode = 0o600): void {
  const draft = `${path}.${process.pid}.new`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(draft, content, { mode });
  renameSync(draft, path);
}
