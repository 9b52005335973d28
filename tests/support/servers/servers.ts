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

/** A real server on a free port of this machine, with the specification of the local stack. */
export interface Server {
  url: string;
  port: number;
  pid(): number;
  /** Ends it by SIGKILL, like a crash. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  stop(): Promise<void>;
  log(): string;
}

/** Folder of all running servers; a new one after {@link stopServers}. */
let folder: string | undefined;
const running: Pick<Server, "stop">[] = [];
const started = new Map<() => Promise<unknown>, Promise<unknown>>();

/** The role `app`, not a superuser, owns the database `app`. */
export const postgres = once(async () => {
  const port = await findFreePort();
  const directory = pathInFolder("postgres");
  const init = postgresInitSteps({ port, user: "app", password: "app", database: "app" }, directory);
  const spec = { ...postgresProcess({ port }, directory), init };
  return startServer("postgres", spec, port, `postgresql://app:app@localhost:${port}/app`);
});

/** A broker with two more listeners: one for port-forwards, one for a proxy. */
export interface Broker extends Server {
  /** Port of the listener that advertises `BROKER_IN_CLUSTER`. */
  forwardedPort: number;
  /** `startFaultProxy(target, port)` proxies a listener that advertises the proxy. */
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
 * Starts a server and waits until it is ready. {@link stopServers} ends it before the servers that
 * were started earlier.
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
  // Before the start, so that it is ended even if it never becomes ready.
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

/** Waits until the server is ready, or its process ends. */
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

/** Has {@link stopServers} stop this too, before everything that was started earlier. */
export function stopLater<T extends Pick<Server, "stop">>(server: T): T {
  running.push(server);
  return server;
}

/** Calls `start` once, and returns its result on every call until {@link stopServers}. */
export function once<T>(start: () => Promise<T>): () => Promise<T> {
  return () => {
    if (!started.has(start)) started.set(start, start());
    return started.get(start) as Promise<T>;
  };
}

/** Returns a path in the folder that {@link stopServers} removes. */
export function pathInFolder(name: string): string {
  folder ??= mkdtempSync(join(tmpdir(), "plinth-test-"));
  return join(folder, name);
}
