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
    for (let size = limit; ; size *= 2) {
      const found = await this.newest(filter, accounts, size, before);
      const page = completePage(found, size, ({ document }) => document._time!);
      if (page === undefined && size < MAX_LIMIT) continue;
      const { items, next } = page ?? { items: found, next: undefined };
      return { lines: this.toLines(items), ...(next !== undefined && { next: toNanoseconds(next) }) };
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

/** With nine digits of a second, times are in the order of their texts. */
function withFullTime(document: StoredDocument): StoredDocument {
  return { ...document, _time: toRfc3339(toNanoseconds(document._time!)) };
}
