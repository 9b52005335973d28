import type { ServerHttp2Stream } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { type MessageBudget, SMALL_MESSAGE_BYTES } from "./message-budget.ts";

/** Whether the message is compressed, and its length. */
export const PREFIX_BYTES = 5;

/**
 * The one message of a call, which holds its bytes of the budget until the call ends. Its length is
 * judged before anything of it is kept.
 *
 * @throws ConnectError, as gRPC's rules say
 */
export function readMessage(stream: ServerHttp2Stream, maxBytes: number, budget: MessageBudget): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let announced: number | undefined;
    let refused = false;

    /** What still comes of it is read, and not kept. */
    function refuse(reason: string, code: Code): void {
      refused = true;
      chunks.length = 0;
      reject(new ConnectError(reason, code));
    }

    function announce(bytes: number): void {
      announced = bytes;
      if (bytes > maxBytes) refuse(`message is larger than ${maxBytes} bytes`, Code.ResourceExhausted);
      else if (bytes > SMALL_MESSAGE_BYTES) {
        const taken = () => void stream.resume();
        if (!budget.take(bytes, taken)) stream.pause();
        stream.once("close", () => budget.release(bytes, taken));
      }
    }

    stream.on("data", (chunk: Buffer) => {
      if (refused) return;
      size += chunk.length;
      chunks.push(chunk);
      if (announced === undefined && size >= PREFIX_BYTES) announce(joined(chunks).readUInt32BE(1));
      // Only what it announces was taken from the budget.
      if (announced !== undefined && size > announced + PREFIX_BYTES)
        refuse("not exactly one message", Code.InvalidArgument);
    });
    stream.once("end", () => {
      const frame = joined(chunks);
      if (frame.length < PREFIX_BYTES) reject(new ConnectError("the message is missing", Code.Unimplemented));
      else if (frame[0] !== 0)
        reject(new ConnectError("the message is compressed, but grpc-encoding does not say how", Code.InvalidArgument));
      else if (frame.readUInt32BE(1) !== frame.length - PREFIX_BYTES)
        reject(new ConnectError("not exactly one message", Code.InvalidArgument));
      else resolve(frame.subarray(PREFIX_BYTES));
    });
    stream.once("error", reject);
  });
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks);
}
