import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileSize } from "@plinth/local/supervisor/logs.ts";
import { waitUntilReady } from "@plinth/local/supervisor/process/readiness.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { type UnprivilegedCommand, withoutRoot } from "@plinth/local/supervisor/system/privileges.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { postgresInitSteps, postgresProcess } from "../../../components/citus/process.ts";
import { redisProcess } from "../../../components/redis/process.ts";
import { brokerProcess, registryProcess } from "../../../components/redpanda/process.ts";
import { BROKER_IN_CLUSTER, withListeners } from "./listeners.ts";

/**
 * A real server on a free port of this machine, started by the same specification as in the local
 * stack.
 */
export interface Server {
  url: string;
  port: number;
  pid(): number;
  /** Ends it with SIGKILL, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  stop(): Promise<void>;
  log(): string;
}

/** Of everything that runs now; another one after {@link stopServers}. */
let folder: string | undefined;
const running: Pick<Server, "stop">[] = [];
const started = new Map<() => Promise<unknown>, Promise<unknown>>();

/** Role `app` (no superuser) owns database `app`. */
export const postgres = once(async () => {
  const port = await findFreePort();
  const directory = pathInFolder("postgres");
  const init = postgresInitSteps({ port, user: "app", password: "app", database: "app" }, directory);
  const spec = { ...postgresProcess({ port }, directory), init };
  return startServer("postgres", spec, port, `postgresql://app:app@localhost:${port}/app`);
});

/**
 * A broker that also listens where port-forwards lead, where it gives the name that it has in a
 * cluster, and where a proxy leads.
 */
export interface Broker extends Server {
  /** Of the listener that is advertised as `BROKER_IN_CLUSTER`. */
  forwardedPort: number;
  /**
   * `faultProxy(proxied.target, proxied.port)` stands before a listener that sends its clients back
   * to the proxy.
   */
  proxied: { target: number; port: number };
}

/** `url` is `host:port` of the one broker. */
export const kafka = once(async (): Promise<Broker> => {
  const port = await findFreePort(5);
  const [forwardedPort, proxied] = [port + 2, { target: port + 3, port: port + 4 }];
  const spec = withListeners(brokerProcess({ brokerPort: port }, pathInFolder("kafka")), {
    FORWARDED: { port: forwardedPort, advertised: BROKER_IN_CLUSTER },
    PROXIED: { port: proxied.target, advertised: `localhost:${proxied.port}` },
  });
  const server = await startServer("kafka", spec, port, `localhost:${port}`);
  return Object.assign(server, { forwardedPort, proxied });
});

export const redis = once(async () => {
  const port = await findFreePort();
  return startServer(
    "redis",
    redisProcess({ port, memoryMiB: 64, eviction: "allkeys-lfu", persistence: "none" }, pathInFolder("redis")),
    port,
    `redis://localhost:${port}`,
  );
});

/** The embedded schema registry on the broker of {@link kafka}. */
export const registry = once(async () => {
  const [broker, port] = [await kafka(), await findFreePort()];
  const spec = registryProcess({ brokerPort: broker.port, registryPort: port }, pathInFolder("registry"));
  return startServer("registry", spec, port, `http://localhost:${port}`);
});

export async function stopServers(): Promise<void> {
  for (const server of running.splice(0).reverse()) await server.stop();
  started.clear();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
}

/**
 * Starts what the specification says, waits until it is ready, and has {@link stopServers} end it
 * before whatever was started earlier.
 */
export async function startServer(name: string, spec: ProcessSpec, port: number, url: string): Promise<Server> {
  const logFile = pathInFolder(`${name}.log`);
  let child: ChildProcess | undefined;
  const server: Server = {
    url,
    port,
    pid: () => child!.pid!,
    async start() {
      const from = fileSize(logFile);
      child = spawnProcess(spec, logFile);
      await waitForServer(spec, child, { path: logFile, from });
    },
    kill: () => endProcess(child!, "SIGKILL"),
    stop: () => endProcess(child!, spec.stop.signal),
    log: () => readFileSync(logFile, "utf8"),
  };
  mkdirSync(spec.cwd, { recursive: true });
  for (const step of spec.init.filter(({ creates }) => !existsSync(creates))) {
    const { command, args, ...user } = withRights(spec, step.command, step.args);
    const { status, stderr } = spawnSync(command, args, {
      ...user,
      cwd: spec.cwd,
      input: step.stdin ?? "",
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${step.command} failed: ${stderr}`);
  }
  // First, so that it is ended even if it never becomes ready.
  stopLater(server);
  await server.start();
  return server;
}

function spawnProcess(spec: ProcessSpec, logFile: string): ChildProcess {
  for (const [path, content] of Object.entries(spec.files)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  const { command, args, ...user } = withRights(spec, spec.command, spec.args);
  const log = openSync(logFile, "a");
  const child = spawn(command, args, {
    ...user,
    cwd: spec.cwd,
    env: { ...process.env, ...spec.environment, ...spec.secrets },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  return child;
}

function withRights(spec: ProcessSpec, command: string, args: string[]): UnprivilegedCommand {
  return spec.dropRoot ? withoutRoot(command, args, [spec.cwd]) : { command, args };
}

/** Also ends the waiting when the process does. */
async function waitForServer(
  spec: ProcessSpec,
  child: ChildProcess,
  log: { path: string; from: number },
): Promise<void> {
  const ended = new AbortController();
  child.once("exit", () => ended.abort());
  if (await waitUntilReady(spec.ready, log, Date.now() + spec.readyTimeoutSeconds * 1000, ended.signal)) return;
  throw new Error(`${spec.command} did not become ready:\n${readFileSync(log.path, "utf8").slice(-2000)}`);
}

function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill(signal);
  });
}

/** Has {@link stopServers} end this too, before whatever was started earlier. */
export function stopLater<T extends Pick<Server, "stop">>(thing: T): T {
  running.push(thing);
  return thing;
}

/** `start` at the first call, and what it gave at each later one, until {@link stopServers}. */
export function once<T>(start: () => Promise<T>): () => Promise<T> {
  return () => {
    if (!started.has(start)) started.set(start, start());
    return started.get(start) as Promise<T>;
  };
}

/** A path in the folder that {@link stopServers} removes. */
export function pathInFolder(name: string): string {
  folder ??= mkdtempSync(join(tmpdir(), "plinth-test-"));
  return join(folder, name);
}
