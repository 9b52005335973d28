// The supervisor's program: node main.ts <directory> [hold]. With `hold` it does not restart
// processes that have ended. It exits once it has had no process to supervise for a while.
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { findSupervisor } from "./holder.ts";
import { FileLock } from "./lock.ts";
import { SupervisorPaths } from "./paths.ts";
import { SupervisorServer } from "./server.ts";
import { pointerOf } from "./socket.ts";
import { Supervisor } from "./supervisor.ts";

const IDLE_MS = Number(process.env.PLINTH_SUPERVISOR_IDLE_MS ?? 30_000);
const TICK_MS = Math.min(1000, IDLE_MS / 4);

const paths = new SupervisorPaths(process.argv[2] ?? exitWithUsage());
// The pointer exists from the moment that the lock's holder answers until it begins to end.
const lock = await FileLock.acquire(paths.lock, () => existsSync(pointerOf(paths.state)));
// The lock's file may have been removed under the supervisor that holds it. One that has just been
// killed may lose its lock a moment before it is gone.
const isAlone = () => findSupervisor(paths.state) === undefined;
if (lock === undefined || !(await waitUntil(isAlone, 1000))) process.exit(0);

const ending = new AbortController();
const supervisor = new Supervisor(paths, { hold: process.argv[3] === "hold" });
const server = new SupervisorServer(supervisor, paths, () => ending.abort());

// A closed terminal and Ctrl-C are meant for the engine that started this process.
process.on("SIGHUP", () => undefined).on("SIGINT", () => undefined);
process.once("SIGTERM", () => {
  supervisor
    .stopAll({ forget: false })
    .catch((error: Error) => console.error(error.message))
    .finally(() => ending.abort());
});

await server.listen();
let idleSince = Date.now();
let lastFailure = "";
while (!ending.signal.aborted) {
  await sleep(TICK_MS, undefined, { signal: ending.signal }).catch(() => undefined);
  if (!paths.isIntact) {
    console.error(`${paths.directory} was deleted while its processes ran: they are stopped`);
    await supervisor.stopAll({ forget: true });
    break;
  }
  const failure = [await failureToListen(), failureToRotate()].filter(Boolean).join("\n");
  // Not once a tick: a full disk lasts.
  if (failure !== "" && failure !== lastFailure) console.error(failure);
  lastFailure = failure;
  if (supervisor.isBusy || server.isBusy) idleSince = Date.now();
  if (Date.now() - idleSince >= IDLE_MS) break;
}
server.close({ forget: paths.isIntact });
// The client that asked for the end still waits for its answer.
await waitUntil(() => !server.isBusy, 1000);
lock.release();
process.exit(0);

function failureToListen(): Promise<string | undefined> {
  return server.listen().then(
    () => undefined,
    (error: Error) => `No client can reach the supervisor: ${error.message}`,
  );
}

function failureToRotate(): string | undefined {
  try {
    supervisor.rotateLogs();
    return undefined;
  } catch (error) {
    return `The logs cannot be rotated: ${(error as Error).message}`;
  }
}

async function waitUntil(condition: () => boolean, milliseconds: number): Promise<boolean> {
  for (const until = Date.now() + milliseconds; !condition(); await sleep(5)) if (Date.now() > until) return false;
  return true;
}

function exitWithUsage(): never {
  console.error("usage: node main.ts <directory> [hold]");
  process.exit(2);
}
