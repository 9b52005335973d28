import { setTimeout as sleep } from "node:timers/promises";
import { requestText } from "@plinth/local/collector/http/request.ts";
import { INFRASTRUCTURE_ACCOUNT } from "@plinth/local/collector/store/account.ts";
import type { LogFilter, LogLine, LogPage } from "@plinth/local/page/model/log-line.ts";
import { PageError } from "@plinth/local/page/model/page-error.ts";
import type { LogSource } from "@plinth/local/page/model/sources.ts";
import { completePage } from "@plinth/local/page/sources/logs/complete-page.ts";
import type { SecretMask } from "@plinth/local/page/sources/secrets.ts";
import { toLogLine } from "./loki-line.ts";
import { lokiQuery } from "./loki-query.ts";

/** An entry of a stream: nanoseconds, the line, and possibly its metadata. */
type Entry = [ns: string, line: string, metadata?: { structuredMetadata?: Record<string, string> }];

interface Streams {
  data: { result: { stream: Record<string, string>; values: Entry[] }[] };
}

interface LabelledEntry {
  ns: string;
  text: string;
  labels: Record<string, string>;
}

const TIMEOUT_MS = 10_000;
const DAY_MS = 86_400_000;
/** A page begins so far back unless the filter says when. */
const DEFAULT_RANGE_MS = 7 * DAY_MS;
/** Loki refuses more; see `max_entries_limit_per_query`. */
const MAX_LIMIT = 5000;
const POLL_MS = 1000;
/** Lines may arrive so late and are still shown by a live view. */
const LOOK_BACK_MS = 5000;
const MAX_SEEN = 20_000;

/** Lines of a Loki that keeps each tenant's apart, and all console lines for the infrastructure. */
export class LokiSource implements LogSource {
  private readonly url: string;
  private readonly mask: SecretMask;

  constructor(url: string, mask: SecretMask) {
    this.url = url.replace(/\/$/, "");
    this.mask = mask;
  }

  /** @param before a time in nanoseconds: the page begins with the lines of that time */
  async query(filter: LogFilter, limit: number, before?: string): Promise<LogPage> {
    if (before !== undefined && !/^\d{1,19}$/.test(before))
      throw new PageError(400, "before is none of this API's values");
    for (let size = Math.min(limit, MAX_LIMIT); ; size = Math.min(size * 2, MAX_LIMIT)) {
      const found = await this.entries(filter, size, before);
      const page = completePage(found, size, ({ ns }) => BigInt(ns));
      if (page === undefined && size < MAX_LIMIT) continue;
      const { items, next } = page ?? { items: found, next: undefined };
      const lines = items.map((entry) => this.toLine(entry, filter));
      return { lines, ...(next !== undefined && { next: String(next) }) };
    }
  }

  async *follow(filter: LogFilter, signal: AbortSignal): AsyncGenerator<LogLine[]> {
    const seen = new Set<string>();
    const range = () => ({ ...filter, from: Date.now() - LOOK_BACK_MS });
    for (; !signal.aborted; await sleep(POLL_MS, undefined, { signal }).catch(() => undefined)) {
      const fresh = (await this.entries(range(), MAX_LIMIT, undefined)).filter((entry) => {
        const key = JSON.stringify([entry.ns, entry.labels.pod, entry.text]);
        return !seen.has(key) && seen.add(key);
      });
      if (seen.size > MAX_SEEN) seen.clear();
      if (fresh.length > 0) yield fresh.map((entry) => this.toLine(entry, filter)).reverse();
    }
  }

  async services(): Promise<string[]> {
    const { data } = await this.get<{ data?: string[] }>("label/service/values", INFRASTRUCTURE_ACCOUNT, {});
    return data ?? [];
  }

  /** Lines of the last day, for each of these tenants. */
  async countLines(tenants: readonly number[]): Promise<Map<number, number>> {
    const counts = new Map<number, number>();
    const query = 'sum(count_over_time({service=~".+"}[24h]))';
    for (const tenant of tenants) {
      const { data } = await this.get<{ data: { result: { value: [number, string] }[] } }>("query", tenant, { query });
      counts.set(tenant, Number(data.result[0]?.value[1] ?? 0));
    }
    return counts;
  }

  /** Newest first. */
  private async entries(filter: LogFilter, limit: number, before: string | undefined): Promise<LabelledEntry[]> {
    const { from = Date.now() - DEFAULT_RANGE_MS, to = Date.now() + DAY_MS } = filter;
    // The end is exclusive.
    const end = before === undefined ? BigInt(Math.ceil(to) + 1) * 1_000_000n : BigInt(before) + 1n;
    const { data } = await this.get<Streams>("query_range", filter.tenant ?? INFRASTRUCTURE_ACCOUNT, {
      query: lokiQuery(filter),
      start: String(BigInt(Math.floor(from)) * 1_000_000n),
      end: String(end),
      limit: String(limit),
      direction: "backward",
    });
    return data.result
      .flatMap(({ stream, values }) =>
        values.map(([ns, text, metadata]) => ({ ns, text, labels: { ...stream, ...metadata?.structuredMetadata } })),
      )
      .sort((a, b) => (BigInt(a.ns) < BigInt(b.ns) ? 1 : -1));
  }

  private toLine({ ns, text, labels }: LabelledEntry, { tenant }: LogFilter): LogLine {
    return toLogLine(ns, text, labels, tenant ?? INFRASTRUCTURE_ACCOUNT, this.mask);
  }

  private async get<T>(path: string, tenant: number, parameters: Record<string, string>): Promise<T> {
    const address = `${this.url}/loki/api/v1/${path}?${new URLSearchParams(parameters)}`;
    const headers = { "x-scope-orgid": String(tenant) };
    const { status, body } = await requestText(address, { headers, timeoutMs: TIMEOUT_MS }).catch((error: Error) => {
      throw new PageError(503, `Loki does not answer: ${error.message}`);
    });
    if (status >= 300)
      throw new PageError(status === 400 ? 400 : 503, `Loki answered ${status}: ${body.trim().slice(0, 300)}`);
    return JSON.parse(body) as T;
  }
}
