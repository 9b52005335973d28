import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { LogReader } from "./logs.ts";
import { accepts } from "./ports.ts";
import type { Probe } from "./spec.ts";

/** Resolves true once the process serves, false when the deadline has passed or `signal` aborts. */
export async function becomesReady(
  probe: Probe,
  log: { path: string; from: number },
  deadline: number,
  signal: AbortSignal,
): Promise<boolean> {
  const test = tester(probe, log);
  // Often at first, because most start within a fraction of a second; then with little effort.
  for (let pause = 15; !signal.aborted; pause = Math.min(pause * 1.3, 200)) {
    if (await test()) return true;
    if (Date.now() + pause > deadline) return false;
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

function tester(probe: Probe, log: { path: string; from: number }): () => Promise<boolean> | boolean {
  switch (probe.kind) {
    case "tcp":
      return () => accepts(probe.port);
    case "http":
      return () => answers(probe.port, probe.path);
    case "log": {
      const reader = new LogReader(log.path, log.from);
      let rest = "";
      return () => {
        const text = rest + reader.next();
        rest = text.slice(-probe.line.length);
        return text.includes(probe.line);
      };
    }
  }
}

function answers(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = http.get({ host: "127.0.0.1", port, path, agent: false, timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode! >= 200 && response.statusCode! < 300);
    });
    request.once("timeout", () => request.destroy()).once("error", () => resolve(false));
  });
}
