import { type MessageBudget, SMALL_MESSAGE_BYTES } from "./message-budget.ts";
import { PREFIX_BYTES } from "./read-message.ts";

/**
 * The body of a call that connect reads. Before a large message goes on, its bytes are taken from
 * the budget; they are given back once the next message is read, or the call has ended.
 *
 * @param isFramed false for Connect's unary calls, whose body is the message
 * @param ended resolves when the call has ended
 */
export async function* boundBody(
  body: AsyncIterable<Uint8Array>,
  budget: MessageBudget,
  { isFramed, maxBytes, ended }: { isFramed: boolean; maxBytes: number; ended: Promise<void> },
): AsyncGenerator<Uint8Array> {
  const holding = new Holding(budget, ended);
  let prefix = Buffer.alloc(0);
  let left = 0;
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (!isFramed) {
      if (size > SMALL_MESSAGE_BYTES) await holding.hold(maxBytes);
      yield chunk;
      continue;
    }
    for (let at = 0; at < chunk.length; ) {
      if (left > 0) {
        const part = Math.min(left, chunk.length - at);
        left -= part;
        at += part;
        continue;
      }
      const part = chunk.subarray(at, at + PREFIX_BYTES - prefix.length);
      prefix = Buffer.concat([prefix, part]);
      at += part.length;
      if (prefix.length < PREFIX_BYTES) continue;
      left = prefix.readUInt32BE(1);
      prefix = Buffer.alloc(0);
      holding.release();
      // Connect refuses a longer one.
      if (left > SMALL_MESSAGE_BYTES && left <= maxBytes) await holding.hold(left);
    }
    yield chunk;
  }
}

/** What one call has of the budget. */
class Holding {
  readonly #budget: MessageBudget;
  readonly #ended: Promise<void>;
  #release: (() => void) | undefined;

  constructor(budget: MessageBudget, ended: Promise<void>) {
    this.#budget = budget;
    this.#ended = ended;
    void ended.then(() => this.release());
  }

  /** Resolves once the bytes are taken, or the call has ended. */
  async hold(bytes: number): Promise<void> {
    if (this.#release) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#release = () => this.#budget.release(bytes, resolve);
    if (!this.#budget.take(bytes, resolve)) await Promise.race([promise, this.#ended]);
  }

  release(): void {
    this.#release?.();
    this.#release = undefined;
  }
}
