import type { FastifyBaseLogger } from "fastify";
import type { Logger } from "./logger.ts";

type LogArguments = Parameters<Logger["info"]>;

/**
 * The logger of one request: each of its lines has the request's ids. Most requests log nothing but
 * their closing line, so the child logger is created with a handler's first line: one for each
 * request would cost more than the line.
 */
export class RequestLogger implements FastifyBaseLogger {
  readonly #parent: Logger;
  readonly #ids: () => Record<string, unknown>;
  #child: Logger | undefined;

  /** @param ids of the request, read once, with the first line */
  constructor(parent: Logger, ids: () => Record<string, unknown>) {
    this.#parent = parent;
    this.#ids = ids;
  }

  get level(): string {
    return this.#parent.level;
  }

  fatal(...line: LogArguments): void {
    this.#childLogger().fatal(...line);
  }

  error(...line: LogArguments): void {
    this.#childLogger().error(...line);
  }

  warn(...line: LogArguments): void {
    this.#childLogger().warn(...line);
  }

  info(...line: LogArguments): void {
    this.#childLogger().info(...line);
  }

  debug(...line: LogArguments): void {
    this.#childLogger().debug(...line);
  }

  trace(...line: LogArguments): void {
    this.#childLogger().trace(...line);
  }

  silent(): void {}

  child(bindings: Record<string, unknown>): FastifyBaseLogger {
    return this.#childLogger().child(bindings);
  }

  #childLogger(): Logger {
    this.#child ??= this.#parent.child(this.#ids());
    return this.#child;
  }
}
