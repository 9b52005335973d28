import { randomUUID } from "node:crypto";
import { createWriteStream, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { sendRequest } from "../../support/api/http.ts";
import { type LogEntry, requestName } from "./client-log.ts";

const INTERVAL_MS = 25;
const REQUEST_TIMEOUT_MS = 6000;

/**
 * Clients that report events, one client a user. Each repeats an event until it is acknowledged,
 * then sends the next, and logs a line before and after each request.
 */
export class EventLoad {
  /** Acknowledged events of each user. */
  readonly acknowledged: Map<string, number>;
  private readonly bases: readonly string[];
  private readonly log: WriteStream;
  private running = true;
  private readonly clients: Promise<void>[];

  /** @param bases URLs of all replicas: after a failure a client uses the next one */
  constructor(bases: readonly string[], users: number, path: string) {
    this.bases = bases;
    this.log = createWriteStream(path);
    this.acknowledged = new Map(Array.from({ length: users }, () => [randomUUID(), 0]));
    this.clients = [...this.acknowledged.keys()].map((user, index) => this.client(user, index));
  }

  /** Resolves once every request has ended and the log is written. */
  async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.clients);
    this.log.end();
    await finished(this.log);
  }

  private async client(key: string, first: number): Promise<void> {
    let base = first;
    for (let sequence = 0; this.running; sequence++) {
      for (let attempt = 0; ; attempt++) {
        const acknowledged = await this.attempt(this.bases[base % this.bases.length]!, { key, sequence, attempt });
        if (acknowledged) break;
        if (!this.running) return;
        base++;
        await sleep(INTERVAL_MS);
      }
      this.acknowledged.set(key, sequence + 1);
      await sleep(INTERVAL_MS);
    }
  }

  private async attempt(base: string, request: Pick<LogEntry, "key" | "sequence" | "attempt">): Promise<boolean> {
    this.write({ at: "begun", ...request });
    const body = JSON.stringify({ user_id: request.key, type: "chaos", data: requestName(request) });
    const headers = [["content-type", "application/json"]] as const;
    try {
      const { status, text } = await sendRequest(
        base,
        { method: "POST", path: "/api/v1/events", headers, body },
        REQUEST_TIMEOUT_MS,
      );
      if (status !== 201) this.write({ at: "unknown", ...request, why: `${status} ${text}` });
      else this.write({ at: "acknowledged", ...request, id: (JSON.parse(text) as { id: string }).id });
      return status === 201;
    } catch (error) {
      this.write({ at: "unknown", ...request, why: (error as Error).message });
      return false;
    }
  }

  private write(entry: LogEntry): void {
    this.log.write(`${JSON.stringify(entry)}\n`);
  }
}
