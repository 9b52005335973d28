import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { LogReader } from "../logs.ts";
import type { Probe } from "../spec.ts";
import { acceptsConnections } from "../system/ports.ts";

/**
 * Resolves true once the process is ready, false when the deadline has passed or `signal` aborts.
 */
export async function waitUntilReady(
  probe: Probe,
  log: { path: string; from: number },
  deadline: number,
  signal: AbortSignal,
): Promise<boolean> {
  const test = createProbe(probe, log);
  // Often at first, because most processes start within a fraction of a second; then more rarely.
  for (let pause = 15; !signal.aborted; pause = Math.min(pause * 1.3, 200)) {
    if (await test()) return true;
    if (Date.now() + pause > deadline) return false;
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

function createProbe(probe: Probe, log: { path: string; from: number }): () => Promise<boolean> | boolean {
  switch (probe.kind) {
    case "tcp":
      return () => acceptsConnections(probe.port);
    case "http":
      return () => answersOk(probe.port, probe.path);
    case "log": {
      const reader = new LogReader(log.path, log.from);
      let rest = "";
      return () => {
        const text = rest + reader.readAdded();
        rest = text.slice(-probe.line.length);
        return text.includes(probe.line);
      };
    }
  }
}

/** Speaks HTTP itself, because node:http would add 15 MB to the supervisor. */
function answersOk(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: "127.0.0.1" });
    let head = "";
    const done = () => {
      socket.destroy();
      resolve(/^HTTP\/1\.[01] 2\d\d/.test(head));
    };
    socket.setEncoding("latin1").setTimeout(2000, done);
    socket.once("connect", () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`),
    );
    socket.on("data", (chunk) => {
      head += chunk;
      if (head.length >= 12) done();
    });
    socket.once("close", done).once("error", done);
  });
}
