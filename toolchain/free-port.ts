import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below the ports that Linux, macOS and Windows give to outgoing connections: any of those may be
 * taken before a slow server listens.
 */
const RANGE = { first: 10_240, end: 32_768 };
const given = new Set<number>();

/** The first of `count` consecutive ports that were free a moment ago; none is returned twice. */
export async function findFreePort(count = 1): Promise<number> {
  for (;;) {
    const first = randomInt(RANGE.first, RANGE.end - count);
    const ports = Array.from({ length: count }, (_, i) => first + i);
    if (ports.some((port) => given.has(port))) continue;
    if (!(await Promise.all(ports.map(isFree))).every(Boolean)) continue;
    for (const port of ports) given.add(port);
    return first;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
