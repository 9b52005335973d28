import { toNanoseconds } from "../../../collector/span-document.ts";
import { INFRASTRUCTURE_ACCOUNT } from "../../../collector/store/account.ts";
import type { StoredDocument, VictoriaLogs } from "../../../collector/store/victoria-logs.ts";
import type { LogFilter, LogLine, LogPage } from "../../model/log-line.ts";
import { PageError } from "../../model/page-error.ts";
import type { LogSource } from "../../model/sources.ts";
import type { SecretMask } from "../secrets.ts";
import { completePage } from "./complete-page.ts";
import { toLogLine } from "./log-document.ts";
import { logQuery, toRfc3339 } from "./logsql.ts";
import { mergeTails } from "./merge-tails.ts";
import { RepeatedLines } from "./repeated-lines.ts";

const DAY_MS = 86_400_000;
/** Each account is one query. */
const MAX_ACCOUNTS = 200;
const MAX_LIMIT = 40_000;
/**
 * A page ends early rather than take more: 5,000 lines can be 640 MB. The store is asked for a few
 * lines first, because it does not say how long they are.
 */
const MAX_PAGE_CHARS = 16 * 1024 * 1024;
const FIRST_CHUNK = 250;
const CHUNK_GROWTH = 4;
const TIMEOUT_MS = 10_000;

interface FoundDocument {
  document: StoredDocument;
  account: number;
}

/** Lines of a VictoriaLogs that keeps each tenant's in an account. */
export class VictoriaLogSource implements LogSource {
  private readonly store: VictoriaLogs;
  private readonly mask: SecretMask;

  constructor(store: VictoriaLogs, mask: SecretMask) {
    this.store = store;
    this.mask = mask;
  }

  /** @param before a time in nanoseconds: the page begins with the lines of that time */
  async query(filter: LogFilter, limit: number, before?: string): Promise<LogPage> {
    if (before !== undefined && !/^\d{1,19}$/.test(before))
      throw new PageError(400, "before is none of this API's values");
    const accounts = await this.accountsOf(filter);
    const found: FoundDocument[] = [];
    let next = before;
    let chars = 0;
    for (let size = FIRST_CHUNK; ; ) {
      const chunk = await this.chunk(filter, accounts, Math.min(size, limit - found.length), next);
      found.push(...chunk.items);
      chars += chunk.items.reduce((sum, { document }) => sum + sizeOf(document), 0);
      next = chunk.next;
      if (next === undefined || found.length >= limit || chars >= MAX_PAGE_CHARS) break;
      const room = Math.ceil(((MAX_PAGE_CHARS - chars) * found.length) / chars);
      size = Math.min(size * CHUNK_GROWTH, room);
    }
    return { lines: this.toLines(found), ...(next !== undefined && { next }) };
  }

  /** About `limit` of the newest documents, and the time at which those after them begin. */
  private async chunk(
    filter: LogFilter,
    accounts: readonly number[],
    limit: number,
    before: string | undefined,
  ): Promise<{ items: readonly FoundDocument[]; next?: string }> {
    for (let size = limit; ; size *= 2) {
      const found = await this.newest(filter, accounts, size, before);
      const page = completePage(found, size, ({ document }) => document._time!);
      if (page === undefined && size < MAX_LIMIT) continue;
      const { items, next } = page ?? { items: found, next: undefined };
      return { items, ...(next !== undefined && { next: toNanoseconds(next) }) };
    }
  }

  async *follow(filter: LogFilter, signal: AbortSignal): AsyncGenerator<LogLine[]> {
    const repeated = new RepeatedLines();
    const tails = mergeTails({
      accounts: () => this.accountsOf({ ...filter, from: Date.now() - DAY_MS }),
      tail: (account, ended, lookBackMs) => this.store.tail(account, logQuery(filter, account), ended, lookBackMs),
      signal,
    });
    for await (const batch of tails) {
      const lines = batch
        .filter(({ document }) => !repeated.repeats(document))
        .map(({ document, account }) => toLogLine(document, account, this.mask));
      if (lines.length > 0) yield lines;
    }
  }

  private async accountsOf({ tenant, from, to }: LogFilter): Promise<number[]> {
    if (tenant !== undefined) return [...new Set([INFRASTRUCTURE_ACCOUNT, tenant])];
    const now = Date.now();
    const known = await this.store.accounts(from ?? now - 30 * DAY_MS, to ?? now + DAY_MS);
    return [...new Set([INFRASTRUCTURE_ACCOUNT, ...known])].slice(0, MAX_ACCOUNTS);
  }

  /** The newest documents of all accounts, at most `limit`. */
  private async newest(
    filter: LogFilter,
    accounts: readonly number[],
    limit: number,
    before: string | undefined,
  ): Promise<FoundDocument[]> {
    const range = {
      ...(filter.from !== undefined && { from: filter.from }),
      to: (filter.to ?? Date.now() + DAY_MS) + 1,
    };
    let found: FoundDocument[] = [];
    for (const account of accounts) {
      const oldest = found.length < limit ? "" : ` _time:>=${found.at(-1)!.document._time}`;
      const query = logQuery(filter, account, before) + oldest;
      const documents = await this.store.find(account, query, { limit, timeoutMs: TIMEOUT_MS, ...range });
      found = [...found, ...documents.map((document) => ({ document: withFullTime(document), account }))]
        .sort((a, b) => (a.document._time! < b.document._time! ? 1 : -1))
        .slice(0, limit);
    }
    return found;
  }

  private toLines(found: readonly FoundDocument[]): LogLine[] {
    const repeated = new RepeatedLines();
    // Of a pair the console's line is shown: it names its tenant and span.
    for (const { document } of found) if (document.origin === "console") repeated.repeats(document);
    return found
      .filter(({ document }) => !repeated.repeats(document))
      .map(({ document, account }) => toLogLine(document, account, this.mask));
  }
}

function sizeOf(document: StoredDocument): number {
  return Object.values(document).reduce((sum, value) => sum + (value?.length ?? 0), 0);
}

/** With nine digits of a second, times are in the order of their texts. */
function withFullTime(document: StoredDocument): StoredDocument {
  return { ...document, _time: toRfc3339(toNanoseconds(document._time!)) };
}
