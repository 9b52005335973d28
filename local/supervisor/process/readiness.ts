import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { LogReader } from "../logs.ts";
import type { Probe } from "../spec.ts";
import { acceptsConnections } from "../system/ports.ts";

const ANSWER_TIMEOUT_MS = 2000;
const DECISIVE_BYTES = 64;

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

/** One try of a probe, at a process that was started before. */
export function createProbe(probe: Probe, log: { path: string; from: number }): () => Promise<boolean> | boolean {
  switch (probe.kind) {
    case "tcp":
      return () => acceptsConnections(probe.port);
    case "http":
      return () => answers(probe.port, httpRequest(probe), HTTP_SUCCESS);
    case "exchange": {
      const expected = new RegExp(probe.expect, "s");
      return () => answers(probe.port, Buffer.from(probe.send, "base64"), expected);
    }
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

const HTTP_SUCCESS = /^HTTP\/1\.[01] 2\d\d/;

/** Speaks HTTP itself, because node:http would add 15 MB to the supervisor. */
function httpRequest({ port, path }: { port: number; path: string }): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`;
}

/** Whether the first bytes of an answer match. */
function answers(port: number, request: string | Buffer, expected: RegExp): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: "127.0.0.1" });
    let head = "";
    const done = () => {
      clearTimeout(timeout);
      socket.destroy();
      resolve(expected.test(head));
    };
    // Not the socket's own: a server that sends a byte now and then does not answer either.
    const timeout = setTimeout(done, ANSWER_TIMEOUT_MS);
    socket.setEncoding("latin1").once("connect", () => socket.write(request));
    socket.on("data", (chunk) => {
      head += chunk;
      if (head.length >= DECISIVE_BYTES || expected.test(head)) done();
    });
    socket.once("close", done).once("error", done);
  });
}
