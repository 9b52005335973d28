import { LEVELS, type LogFilter, type LogLine, type LogPage } from "@plinth/local/page/model/log-line.ts";
import type { LogSource } from "@plinth/local/page/model/sources.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { createRandom, HOSTILE } from "./fixture-names.ts";
import { spanId } from "./fixture-traces.ts";

const MESSAGES = [
  "request completed",
  "bet placed",
  "outbox published 12 events",
  "cache miss for balance",
  "consumer caught up",
  "transaction committed",
  "retrying in 200 ms: the broker does not answer",
  "insufficient funds",
];

/** Lines as a store would hold them, oldest first, and new ones that the test writes. */
export class FixtureLogs implements LogSource {
  readonly lines: LogLine[];
  /** A sentence while the store is away. */
  away: string | undefined;
  private readonly followers = new Set<(lines: LogLine[]) => void>();

  constructor(services: readonly string[], count: number, traceIds: readonly string[], now = Date.now()) {
    const random = createRandom(7);
    const stepMs = Math.min(30, (50 * 60_000) / count);
    this.lines = Array.from({ length: count }, (_, index) => {
      const ms = Math.floor(now - (count - index) * stepMs);
      const service = services[Math.floor(random() ** 2 * services.length)]!;
      const roll = random();
      const level = roll < 0.02 ? "error" : roll < 0.06 ? "warn" : roll < 0.3 ? "debug" : "info";
      const hostile = index % 997 === 0;
      const message = hostile ? HOSTILE : MESSAGES[Math.floor(random() * MESSAGES.length)]!;
      return {
        ...createLine({ service, ms, index, level, message }),
        ...(roll < 0.4 && traceIds.length > 0 && inTrace(index, traceIds)),
        ...(roll < 0.6 && { tenant: 20_000 + (index % 5) }),
        fields: {
          route: "/api/v1/bets",
          status: "201",
          duration_ms: String(Math.round(random() * 90)),
          note: HOSTILE,
        },
      };
    });
  }

  /** As if a process wrote them now. */
  write(...messages: string[]): void {
    const lines = messages.map((message, index) =>
      createLine({ service: "wallet", ms: Date.now(), index: this.lines.length + index, level: "info", message }),
    );
    this.append(lines);
  }

  append(lines: LogLine[]): void {
    this.lines.push(...lines);
    for (const follower of this.followers) follower(lines);
  }

  async query(filter: LogFilter, limit: number, before?: string): Promise<LogPage> {
    if (this.away !== undefined) throw new UserError(this.away);
    const end = before === undefined ? this.lines.length : Number(before);
    const lines: LogLine[] = [];
    let index = end - 1;
    for (; index >= 0 && lines.length < limit; index -= 1)
      if (matches(this.lines[index]!, filter)) lines.push(this.lines[index]!);
    return index < 0 ? { lines } : { lines, next: String(index + 1) };
  }

  async *follow(filter: LogFilter, signal: AbortSignal): AsyncIterable<LogLine[]> {
    const queue: LogLine[][] = [];
    let wake = () => {};
    const follower = (lines: LogLine[]) => {
      const chosen = lines.filter((line) => matches(line, filter));
      if (chosen.length > 0) queue.push(chosen);
      wake();
    };
    this.followers.add(follower);
    signal.addEventListener("abort", () => wake());
    try {
      while (!signal.aborted) {
        if (queue.length === 0)
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        if (this.away !== undefined) throw new UserError(this.away);
        while (queue.length > 0) yield queue.shift()!;
      }
    } finally {
      this.followers.delete(follower);
    }
  }
}

/** The line belongs to one of the trace's first ten spans. */
function inTrace(index: number, traceIds: readonly string[]): Pick<LogLine, "traceId" | "spanId"> {
  const trace = index % traceIds.length;
  return { traceId: traceIds[trace]!, spanId: spanId(trace, Math.floor(index / traceIds.length) % 10) };
}

interface NewLine {
  service: string;
  ms: number;
  index: number;
  level: LogLine["level"];
  message: string;
}

export function createLine({ service, ms, index, level, message }: NewLine): LogLine {
  return {
    timeNs: `${ms}${String(index % 1_000_000).padStart(6, "0")}`,
    account: 10_001,
    service,
    env: "local",
    version: "1.4.0",
    level,
    message,
    fields: {},
  };
}

function matches(line: LogLine, filter: LogFilter): boolean {
  const ms = Number(line.timeNs.slice(0, -6));
  return (
    (filter.services === undefined || filter.services.includes(line.service)) &&
    (filter.level === undefined || LEVELS.indexOf(line.level) >= LEVELS.indexOf(filter.level)) &&
    (filter.text === undefined || line.message.toLowerCase().includes(filter.text.toLowerCase())) &&
    (filter.tenant === undefined || line.tenant === filter.tenant) &&
    (filter.traceId === undefined || line.traceId === filter.traceId) &&
    (filter.spanId === undefined || line.spanId === filter.spanId) &&
    (filter.from === undefined || ms >= filter.from) &&
    (filter.to === undefined || ms < filter.to)
  );
}
