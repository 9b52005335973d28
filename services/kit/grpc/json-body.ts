import { Code, ConnectError } from "@connectrpc/connect";
import { assertExactJson } from "../core/exact-json.ts";
import { toConnectError } from "./errors.ts";

/**
 * The body of a Connect call in JSON, whole. Protobuf's JSON would take a number for what it rounds
 * to, and the last of two values of one name.
 *
 * @throws ConnectError once the body is longer than `maxBytes`
 */
export async function* readExactJson(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  correlationId: string,
): AsyncIterable<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new ConnectError(`message is larger than ${maxBytes} bytes`, Code.ResourceExhausted);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  try {
    assertExactBytes(bytes);
  } catch (error) {
    throw toConnectError(error, correlationId);
  }
  yield bytes;
}

function assertExactBytes(bytes: Buffer): void {
  const json = bytes.toString();
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // Connect refuses it itself.
    return;
  }
  assertExactJson(json, value);
}
