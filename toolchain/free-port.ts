import { createServer } from "node:net";

/** The first of `count` consecutive ports that were free a moment ago. */
export async function findFreePort(count = 1): Promise<number> {
  for (;;) {
    const first = await listen(0);
    const rest = await Promise.all(
      Array.from({ length: count - 1 }, (_, i) => listen(first.port + 1 + i).catch(() => undefined)),
    );
    const all = [first, ...rest];
    for (const each of all) each?.close();
    if (all.every(Boolean)) return first.port;
  }
}

function listen(port: number): Promise<{ port: number; close(): void }> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(port, "127.0.0.1", () =>
      resolve({ port: (server.address() as { port: number }).port, close: () => server.close() }),
    );
  });
}
