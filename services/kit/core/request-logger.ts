import type { FastifyBaseLogger } from "fastify";
import type { Logger } from "./logger.ts";

type LogArguments = Parameters<Logger["info"]>;

/**
 * The logger of one request: every line of it has the request's ids. Most requests log nothing but
 * their own last line, so the child logger is made with the first line of a handler: making one for
 * each request would cost more than the line.
 */
export class RequestLogger implements FastifyBaseLogger {
  readonly #parent: Logger;
  readonly #ids: () => Record<string, unknown>;
  #child: Logger | undefined;

  /** @param ids of the request, asked for once, with its first line */
  constructor(parent: Logger, ids: () => Record<string, unknown>) {
    this.#parent = parent;
    this.#ids = ids;
  }

  get level(): string {
    return this.#parent.level;
  }

  fatal(...line: LogArguments): void {
    this.#own().fatal(...line);
  }

  error(...line: LogArguments): void {
    this.#own().error(...line);
  }

  warn(...line: LogArguments): void {
    this.#own().warn(...line);
  }

  info(...line: LogArguments): void {
    this.#own().info(...line);
  }

  debug(...line: LogArguments): void {
    this.#own().debug(...line);
  }

  trace(...line: LogArguments): void {
    this.#own().trace(...line);
  }

  silent(): void {}

  child(bindings: Record<string, unknown>): FastifyBaseLogger {
    return this.#own().child(bindings);
  }

  #own(): Logger {
    this.#child ??= this.#parent.child(this.#ids());
    return this.#child;
  }
}
