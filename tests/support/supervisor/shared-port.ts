import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { logPath } from "@plinth/local/supervisor/client.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { writesTo } from "@plinth/local/supervisor/system/identity.ts";
import { shellSpec } from "./shell-spec.ts";

/**
 * A server that answers with its version. It listens once the file `STARTS` exists. It answers
 * `/ready` at once, with status 503 until the file `READY` exists, and other requests once the file
 * `ANSWERS` exists. `/exit` crashes it. On SIGTERM it drains, but closes its port only once the
 * file `CLOSES` exists. A variable that is not set counts as an existing file.
 */
const SERVER = `
  const { existsSync } = require("node:fs");
  const { VERSION, PORT, STARTS, READY, ANSWERS, CLOSES } = process.env;
  const is = (path) => path === undefined || existsSync(path);
  const when = (path, then) => is(path) ? then() : setTimeout(when, 10, path, then);
  when(STARTS, () => {
    const server = require("node:http").createServer(({ url }, response) => {
      const answer = (status) => response.writeHead(status, { connection: "close" }).end(VERSION);
      if (url === "/exit") process.exit(1);
      if (url === "/ready") return answer(is(READY) ? 200 : 503);
      console.log("asked " + VERSION);
      when(ANSWERS, () => answer(200));
    });
    process.on("SIGTERM", () => when(CLOSES, () => server.close(() => process.exit(0))));
    server.listen({ port: Number(PORT), host: "127.0.0.1", reusePort: true });
  });`;

/**
 * One version of a process that shares its port with the next one. The other fields name files in
 * `directory` that it waits for, see {@link signalReady}.
 */
export interface Version {
  version: string;
  starts?: string;
  ready?: string;
  answers?: string;
  closes?: string;
}

export function portSharingSpec(
  directory: string,
  port: number,
  { version, ...waits }: Version,
  more: Partial<ProcessSpec> = {},
): ProcessSpec {
  const files = Object.entries(waits).map(([name, file]) => [name.toUpperCase(), join(directory, file)]);
  return shellSpec(directory, "", {
    command: process.execPath,
    args: ["-e", SERVER],
    environment: { PORT: String(port), VERSION: version, ...Object.fromEntries(files) },
    ports: { http: port },
    ready: { kind: "http", port, path: "/ready" },
    handover: true,
    ...more,
  });
}

/** Releases the process that waits for this file. */
export function signalReady(directory: string, file: string): void {
  writeFileSync(join(directory, file), "");
}

export async function requestOnce(port: number, path = "/"): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}${path}`)).text();
}

/** Whether a version has begun to answer a request. */
export function hasReceivedRequest(directory: string, version: string): boolean {
  return readFileSync(logPath(directory, "one"), "utf8").includes(`asked ${version}\n`);
}

/** The live processes of all versions, found by their log. */
export function runningVersions(directory: string): number[] {
  const log = logPath(directory, "one");
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => writesTo(pid, (path) => path === log));
}

/**
 * A client gets one of these if a connection is closed before its request is read.
 */
const RESET_CODES = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/** One client that keeps sending requests, each on a new connection. */
export class RepeatedRequests {
  readonly answers: string[] = [];
  /** Connections that were reset, at most one: see docs/dev-loop.md. */
  resets = 0;
  private ended = false;
  private readonly loop: Promise<void>;

  constructor(port: number) {
    this.loop = this.run(port);
    this.loop.catch(() => undefined);
  }

  /** @throws any failure but a reset: no connection may be refused */
  end(): Promise<void> {
    this.ended = true;
    return this.loop;
  }

  private async run(port: number): Promise<void> {
    while (!this.ended) {
      try {
        this.answers.push(await requestOnce(port, "/ready"));
      } catch (error) {
        if (!RESET_CODES.has(((error as Error).cause as { code?: string } | undefined)?.code ?? "")) throw error;
        this.resets++;
      }
    }
  }
}
