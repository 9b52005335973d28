import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { waitUntil } from "../../support/eventually.ts";
import { stopLater } from "../../support/servers/servers.ts";
import type { BuiltService } from "./builds.ts";

export interface HttpResponse {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the body of any route; each test asserts what it expects of it
  body: any;
}

/** A service in its process, as the platform runs it. */
export interface RunningService {
  port: number;
  /** What it printed so far, by stream. */
  out: string;
  err: string;
  /** Exit code and signal, once it has ended. */
  ended: Promise<[number | null, NodeJS.Signals | null]>;
  call(
    method: string,
    path: string,
    options?: { headers?: Record<string, string | string[]>; body?: string },
  ): Promise<HttpResponse>;
  /**
   * A request that the service has accepted, and whose body `finish` sends.
   */
  slowly(path: string, headers: Record<string, string>, body: string): Promise<{ finish(): Promise<HttpResponse> }>;
  /** Objects of its log. */
  log(): Record<string, unknown>[];
  signal(name: NodeJS.Signals): void;
}

/** Starts it with this environment, a port and PATH, and nothing else. */
export async function startService(
  { folder, descriptor }: BuiltService,
  environment: Record<string, string>,
): Promise<RunningService> {
  const [program, ...args] = descriptor.command;
  const port = await findFreePort();
  const env = {
    PATH: process.env.PATH ?? "",
    SERVICE_NAME: descriptor.name,
    HOST: "127.0.0.1",
    PORT: String(port),
    ...environment,
  };
  const command = program === "node" ? process.execPath : program;
  const child: ChildProcess = spawn(command, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "exit") as RunningService["ended"];
  const running: RunningService = {
    port,
    out: "",
    err: "",
    ended,
    call: (method, path, { headers = {}, body } = {}) =>
      new Promise((resolve, reject) => {
        const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
        const sent = httpRequest({ port, method, path, headers: { ...type, ...headers } }, (response) =>
          answerOf(response).then(resolve, reject),
        );
        sent.once("error", reject);
        sent.end(body);
      }),
    async slowly(path, headers, body) {
      const own = {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        expect: "100-continue",
      };
      const sent = httpRequest({ port, method: "POST", path, headers: { ...own, ...headers } });
      const answer = new Promise<HttpResponse>((resolve, reject) => {
        sent.once("response", (response) => answerOf(response).then(resolve, reject)).once("error", reject);
      });
      sent.flushHeaders();
      await once(sent, "continue");
      return {
        finish() {
          sent.end(body);
          return answer;
        },
      };
    },
    log: () =>
      running.out
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    signal: (name) => void child.kill(name),
  };
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (running.out += text));
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (running.err += text));
  // Stops what a failed test leaves running.
  stopLater({
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
    },
  });
  return running;
}

export async function waitUntilHealthy(running: RunningService): Promise<RunningService> {
  await Promise.race([
    waitUntil(
      "the service answers",
      async () => (await running.call("GET", "/health")).status === 200,
      Boolean,
      20_000,
    ),
    running.ended.then(([code]) =>
      Promise.reject(new Error(`the service ended with ${code}:\n${running.err}${running.out}`)),
    ),
  ]);
  return running;
}

async function answerOf(response: IncomingMessage): Promise<HttpResponse> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return {
    status: response.statusCode!,
    headers: response.headers,
    text,
    body: /^[{[]/.test(text) ? JSON.parse(text) : text,
  };
}
