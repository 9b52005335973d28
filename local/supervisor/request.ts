import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../user-error.ts";
import { findSupervisor } from "./holder.ts";
import type { Request, Response, Results } from "./protocol.ts";
import { connectTo, findSocket } from "./socket.ts";
import { readProcess } from "./system/process-table.ts";

/** The supervisor does not answer: it does not run, or it is ending. */
export class SupervisorUnavailable extends Error {}

/** Requests that the supervisor answers at once; the others it answers when their work is done. */
const QUICK = new Set<Request["method"]>(["ping", "status", "runs", "progress"]);
/** Far longer than a busy supervisor takes. */
const ANSWER_TIMEOUT_MS = 10_000;
/** How often a client that waits for work asks whether the supervisor still answers. */
const LIVENESS_INTERVAL_MS = 2000;
/** A supervisor whose socket was removed makes another within a second. */
const RECONNECT_TIMEOUT_MS = 5000;
const RETRY_MS = 50;

/**
 * Sends a request and resolves to its answer.
 *
 * @throws SupervisorUnavailable if no supervisor runs, and UserError if one runs without answering
 */
export async function call<R extends Request>(directory: string, request: R): Promise<Results[R["method"]]> {
  const state = join(directory, "supervisor");
  for (const deadline = Date.now() + RECONNECT_TIMEOUT_MS; ; await sleep(RETRY_MS)) {
    try {
      return await (QUICK.has(request.method) ? send(state, request) : sendAndWatch(state, request));
    } catch (error) {
      const supervisor = error instanceof SupervisorUnavailable ? findSupervisor(state) : undefined;
      if (supervisor === undefined) throw error;
      if (Date.now() > deadline)
        throw new UserError(
          `The supervisor of ${directory} (process ${supervisor.pid}) runs, but its socket is gone: type 'kill ${supervisor.pid}', then 'make up'`,
        );
    }
  }
}

/** Waits for as long as the work takes, and the supervisor answers. */
async function sendAndWatch<R extends Request>(state: string, request: R): Promise<Results[R["method"]]> {
  const done = new AbortController();
  const watch = async (): Promise<never> => {
    for (;;) {
      await sleep(LIVENESS_INTERVAL_MS, undefined, { signal: done.signal });
      // One that ends closes the connection of the request as well.
      await send(state, { method: "ping" }, done.signal).catch((error: Error) => {
        if (!(error instanceof SupervisorUnavailable)) throw error;
      });
    }
  };
  try {
    return await Promise.race([send(state, request, done.signal, Number.POSITIVE_INFINITY), watch()]);
  } finally {
    done.abort();
  }
}

function send<R extends Request>(
  state: string,
  request: R,
  signal?: AbortSignal,
  timeout = ANSWER_TIMEOUT_MS,
): Promise<Results[R["method"]]> {
  return new Promise((resolve, reject) => {
    const path = findSocket(state);
    if (path === undefined) return reject(new SupervisorUnavailable());
    let text = "";
    const begun = Date.now();
    const socket = connectTo(path);
    const fail = (error: Error) => {
      reject(error);
      socket.destroy();
    };
    const clock = setInterval(() => {
      const silence = findSilence(state, Date.now() - begun >= timeout);
      if (silence !== undefined) fail(new UserError(silence));
    }, 500);
    signal?.addEventListener("abort", () => fail(new SupervisorUnavailable()), { once: true });
    socket.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    socket.once("error", () => fail(new SupervisorUnavailable()));
    socket.once("close", () => {
      clearInterval(clock);
      if (!text.endsWith("\n")) return reject(new SupervisorUnavailable());
      const response = JSON.parse(text) as Response;
      if ("error" in response) reject(new UserError(response.error));
      else resolve(response.result as Results[R["method"]]);
    });
    socket.end(JSON.stringify(request));
  });
}

/** Why the supervisor will not answer; undefined while it may. */
function findSilence(state: string, late: boolean): string | undefined {
  const supervisor = findSupervisor(state);
  const pid = supervisor?.pid;
  const who = `The supervisor of ${join(state, "..")} (process ${pid ?? "unknown"})`;
  if (pid !== undefined && readProcess(pid)?.suspended)
    return `${who} is suspended and answers nothing: let it go on with 'kill -CONT ${pid}'`;
  if (!late) return undefined;
  const seconds = ANSWER_TIMEOUT_MS / 1000;
  return `${who} has not answered for ${seconds} s: end it with 'kill -KILL ${pid ?? "PID"}', then type 'make up', which takes up its processes`;
}
