import type { Probe } from "@plinth/local/supervisor/spec.ts";

// Questions that a suspended or hanging server leaves open, while the system still accepts
// connections for it. None needs a password.

/** Answered by any server of the protocol that has loaded its data. */
export function redisProbe(port: number): Probe {
  return exchange(port, Buffer.from("PING\r\n"), "^(\\+PONG|-NOAUTH)");
}

/**
 * The first message of a session, as pg_isready sends it. A server that recovers refuses it; one
 * that asks for the password, or has no connection left, serves others.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export function postgresProbe(port: number): Probe {
  const parameters = Buffer.from("user\0postgres\0database\0postgres\0\0");
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + parameters.length, 0);
  head.writeInt32BE(3 << 16, 4);
  return exchange(port, Buffer.concat([head, parameters]), "^(R|E.*\\0C53300\\0)");
}

/**
 * ApiVersions, the one request that needs no session; the answer repeats its number.
 * https://kafka.apache.org/protocol#The_Messages_ApiVersions
 */
export function kafkaProbe(port: number): Probe {
  const request = Buffer.alloc(14);
  request.writeInt32BE(request.length - 4, 0);
  request.writeInt16BE(18, 4);
  request.write("PING", 8, "latin1");
  request.writeInt16BE(-1, 12);
  return exchange(port, request, "^.{4}PING");
}

function exchange(port: number, request: Buffer, expect: string): Probe {
  return { kind: "exchange", port, send: request.toString("base64"), expect };
}
