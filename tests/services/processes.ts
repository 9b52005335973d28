import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { until } from "../support/eventually.ts";
import { freePort } from "../support/servers.ts";
import type { Platform } from "./platform.ts";

/** A wallet in a process of its own, as the platform runs it. */
export interface WalletProcess {
  base: string;
  pid(): number;
  /** Lines of its standard output so far. */
  lines: string[];
  start(): Promise<void>;
  kill(): Promise<void>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
}

const main = fileURLToPath(new URL("../../services/wallet/main.ts", import.meta.url));

/** Not yet started. @param environment in addition to the platform's */
export async function walletProcess(platform: Platform, environment: Record<string, string> = {}): Promise<WalletProcess> {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const lines: string[] = [];
  let child: ChildProcess | undefined;
  const env = { PATH: process.env.PATH ?? "", ...platform.environment(), PORT: String(port), LOG_LEVEL: "info", ...environment };

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
    return child.exitCode;
  }
  return {
    base,
    lines,
    pid: () => child?.pid ?? 0,
    async start() {
      const started = spawn(process.execPath, ["--max-semi-space-size=4", main], { env, stdio: ["ignore", "pipe", "inherit"] });
      child = started;
      let rest = "";
      started.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        const parts = (rest + chunk).split("\n");
        rest = parts.pop() ?? "";
        lines.push(...parts);
      });
      await until("the wallet's process answers", async () => (await fetch(`${base}/health`)).ok);
    },
    kill: async () => void (await end("SIGKILL")),
    stop: () => end("SIGTERM"),
  };
}
