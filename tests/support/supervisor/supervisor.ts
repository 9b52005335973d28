import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ping, status, stopAll } from "@plinth/local/supervisor/client.ts";
import type { ProcessStatus } from "@plinth/local/supervisor/protocol.ts";
import { eventually } from "../eventually.ts";

const folders: string[] = [];

/** An empty directory for one supervisor. {@link clearFolders} ends its processes. */
export function supervisorFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "plinth-supervisor-"));
  folders.push(path);
  return path;
}

export async function clearFolders(): Promise<void> {
  for (const path of folders.splice(0)) {
    await stopAll(path);
    rmSync(path, { recursive: true, force: true });
  }
}

export async function statusOf(directory: string, name: string): Promise<ProcessStatus> {
  const found = (await status(directory)).find((each) => each.name === name);
  if (found === undefined) throw new Error(`no process ${name} in ${directory}`);
  return found;
}

/** Waits until the process is ready with another pid than before. */
export function waitForRestart(directory: string, name: string, before: number): Promise<ProcessStatus> {
  return eventually(`${name} is restarted`, async () => {
    const now = await statusOf(directory, name);
    return now.state === "ready" && now.pid !== undefined && now.pid !== before && now;
  });
}

/** Kills the supervisor by SIGKILL; resolves when it no longer answers. */
export async function killSupervisor(directory: string): Promise<void> {
  const { pid } = (await ping(directory))!;
  process.kill(pid, "SIGKILL");
  await eventually("the supervisor is gone", () => !isAlive(pid));
}

/** Zombies do not count. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
