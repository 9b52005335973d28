import { connect } from "node:net";

/** The answer on a separate connection, and when the server closed it. */
export interface ConnectionResult {
  text: string;
  /** From the first byte sent until the end. */
  seconds: number;
  closed: boolean;
}

/**
 * Writes a chunk each `everyMs` until there are none left, the server closes the connection, or
 * `seconds` have passed.
 */
export function sendSlowly(
  base: string,
  chunks: Iterable<string | Buffer>,
  everyMs: number,
  seconds: number,
): Promise<ConnectionResult> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const rest = chunks[Symbol.iterator]();
    let text = "";
    const socket = connect({ host: hostname, port: Number(port) });
    const end = (closed: boolean) => {
      clearInterval(timer);
      clearTimeout(deadline);
      socket.destroy();
      resolve({ text, seconds: (performance.now() - startedAt) / 1000, closed });
    };
    const write = () => {
      const next = rest.next();
      if (next.done) clearInterval(timer);
      else if (socket.writable) socket.write(next.value);
    };
    const timer = setInterval(write, everyMs);
    const deadline = setTimeout(end, seconds * 1000, false);
    socket.once("connect", write);
    socket.on("data", (chunk) => (text += chunk.toString()));
    // A server that refuses a request during its transfer resets the connection.
    socket.on("error", () => end(true));
    socket.on("end", () => end(true));
    socket.on("close", () => end(true));
  });
}

/** Status and body of the first response; status 0 without one. */
export function parseResponse(text: string): { status: number; text: string } {
  const [, status = "0"] = /^HTTP\/1\.1 (\d+)/.exec(text) ?? [];
  return { status: Number(status), text: text.slice(text.indexOf("\r\n\r\n") + 4) };
}
