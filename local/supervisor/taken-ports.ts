import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Claims } from "./claims.ts";
import { readProcessRecords } from "./state.ts";
import { isRunning, processGroupOf, writesTo } from "./system/identity.ts";
import { describeTakenPort, findPortHolder, isPortFree } from "./system/ports.ts";

/** How long another program's outgoing connection may occupy a port. */
const CONNECTION_TIMEOUT_MS = 500;
const OFFSETS = Array.from({ length: 40 }, (_, index) => (index + 1) * 1000);
const MAX_PORT = 65_535;

/**
 * A sentence for each claimed port that a program outside of the stack holds. Changes nothing.
 *
 * @param directories of the stack: its processes may hold ports, which they give up in time
 */
export async function findTakenPorts(directories: readonly string[], claims: Claims): Promise<string[]> {
  const running = directories.flatMap(readProcessRecords).filter((one) => one.running && isRunning(one.running));
  const held = new Set(running.flatMap(({ spec }) => Object.values(spec.ports)));
  const leaders = new Set(running.map((one) => one.running!.pid));
  const logs = directories.filter(existsSync).map((directory) => `${join(realpathSync(directory), "logs")}/`);
  const isOwn = (pid: number) =>
    leaders.has(processGroupOf(pid) ?? -1) || writesTo(pid, (path) => logs.some((folder) => path.startsWith(folder)));

  const claimed = Object.entries(claims.ports).flatMap(([name, ports]) =>
    Object.entries(ports).map(([purpose, port]) => ({ name, purpose, port })),
  );
  const taken = await Promise.all(
    claimed.map(async ({ name, purpose, port }) => {
      if (held.has(port)) return [];
      for (const deadline = Date.now() + CONNECTION_TIMEOUT_MS; !(await isPortFree(port)); await sleep(50)) {
        const holder = findPortHolder(port);
        if (holder !== undefined && isOwn(holder.pid)) return [];
        if (Date.now() > deadline) return [{ name, purpose, port, holder }];
      }
      return [];
    }),
  );
  if (taken.flat().length === 0) return [];
  const offset = await findFreeOffset(claims);
  return taken.flat().map(({ name, purpose, port, holder }) => describeTakenPort(name, purpose, port, holder, offset));
}

/** Another offset at which every port is free now; undefined if there is none. */
export async function findFreeOffset({ ports, portOffset }: Claims): Promise<number | undefined> {
  const defaults = Object.values(ports).flatMap((each) => Object.values(each).map((port) => port - portOffset));
  for (const offset of OFFSETS.filter((each) => each !== portOffset)) {
    if (defaults.some((port) => port + offset > MAX_PORT)) return undefined;
    const free = await Promise.all(defaults.map((port) => isPortFree(port + offset)));
    if (free.every(Boolean)) return offset;
  }
  return undefined;
}
