import type { IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { type RequestOptions, request } from "../http/request.ts";
import { accountHeaders, accountOf } from "./account.ts";
import { StoreRefusal, StoreUnavailable } from "./store-error.ts";

/** A document as VictoriaLogs returns it: text by field, `_time` in RFC 3339 with nanoseconds. */
export type StoredDocument = Record<string, string>;

export interface QueryOptions {
  /** At most so many documents, the newest first. @default all, in no order */
  limit?: number;
  /** Milliseconds since 1970. */
  from?: number;
  to?: number;
  /** @default 10000 */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** Documents of a tail are read from the store so often. */
const TAIL_REFRESH_MS = 250;

/** Client of a VictoriaLogs server. Every request concerns one account: a tenant's number. */
export class VictoriaLogs {
  private readonly url: string;

  /** @param url such as `http://127.0.0.1:9428` */
  constructor(url: string) {
    this.url = url.replace(/\/$/, "");
  }

  /**
   * Files documents: lines of JSON with `_time`, `_msg` and other fields. They are found by queries
   * within a second, or at once after {@link makeSearchable}.
   *
   * @param streamFields few and with few values: the store keeps a stream for each combination
   * @throws StoreUnavailable if they have to be sent again, StoreRefusal if that would not help
   */
  async insert(
    account: number,
    streamFields: readonly string[],
    documents: Uint8Array,
    signal?: AbortSignal,
  ): Promise<void> {
    const answer = await this.call(
      "/insert/jsonline",
      { _stream_fields: streamFields.join(","), _time_field: "_time", _msg_field: "_msg" },
      {
        method: "POST",
        headers: accountHeaders(account),
        body: documents,
        timeoutMs: 30_000,
        ...(signal ? { signal } : {}),
      },
    );
    await text(answer);
  }

  async makeSearchable(): Promise<void> {
    await text(await this.call("/internal/force_flush", {}, {}));
  }

  /**
   * Documents that match a LogsQL query. Leaving the loop early ends the query.
   *
   * @throws StoreUnavailable or StoreRefusal
   */
  async *query(account: number, query: string, options: QueryOptions = {}): AsyncGenerator<StoredDocument> {
    const { limit, from, to, timeoutMs = 10_000, signal } = options;
    const parameters = {
      query,
      ...(limit === undefined ? {} : { limit: String(limit) }),
      ...(from === undefined ? {} : { start: nanoseconds(from) }),
      ...(to === undefined ? {} : { end: nanoseconds(to) }),
      timeout: `${timeoutMs}ms`,
    };
    yield* this.documents("/select/logsql/query", account, parameters, timeoutMs + 1000, signal);
  }

  /** All documents of {@link query} at once. */
  async find(account: number, query: string, options: QueryOptions = {}): Promise<StoredDocument[]> {
    const found: StoredDocument[] = [];
    for await (const document of this.query(account, query, options)) found.push(document);
    return found;
  }

  /**
   * Documents that arrive from now on, until `signal` aborts, after those of the last `lookBackMs`.
   *
   * @throws as {@link query} does
   */
  async *tail(account: number, query: string, signal: AbortSignal, lookBackMs = 1000): AsyncGenerator<StoredDocument> {
    // The store looks 5 s back at each refresh, so documents that arrive late are not left out.
    const parameters = {
      query,
      refresh_interval: `${TAIL_REFRESH_MS}ms`,
      offset: "0s",
      start_offset: `${lookBackMs}ms`,
    };
    yield* this.documents("/select/logsql/tail", account, parameters, 0, signal);
  }

  /** Accounts that have documents in this time, in milliseconds since 1970. */
  async accounts(from: number, to: number): Promise<number[]> {
    const answer = await this.call("/select/tenant_ids", { start: nanoseconds(from), end: nanoseconds(to) }, {});
    const ids = JSON.parse(await text(answer)) as { account_id: number; project_id: number }[];
    return ids.map(accountOf);
  }

  private async *documents(
    path: string,
    account: number,
    parameters: Record<string, string>,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<StoredDocument> {
    const options = { headers: accountHeaders(account), timeoutMs, ...(signal ? { signal } : {}) };
    let answer: IncomingMessage;
    try {
      answer = await this.call(path, parameters, options);
    } catch (error) {
      if (signal?.aborted) return;
      throw error;
    }
    try {
      for await (const line of createInterface({ input: answer, crlfDelay: Number.POSITIVE_INFINITY }))
        if (line !== "") yield JSON.parse(line) as StoredDocument;
    } catch (error) {
      if (!signal?.aborted) throw this.unavailable(error as Error);
    } finally {
      answer.destroy();
    }
  }

  private async call(
    path: string,
    parameters: Record<string, string>,
    options: RequestOptions,
  ): Promise<IncomingMessage> {
    let answer: IncomingMessage;
    // A query may be longer than an address may be.
    const isQuery = options.body === undefined;
    const form = new URLSearchParams(parameters).toString();
    try {
      answer = isQuery
        ? await request(`${this.url}${path}`, {
            ...options,
            method: "POST",
            headers: { ...options.headers, "content-type": "application/x-www-form-urlencoded" },
            body: form,
          })
        : await request(`${this.url}${path}?${form}`, options);
    } catch (error) {
      throw this.unavailable(error as Error);
    }
    const status = answer.statusCode ?? 0;
    if (status < 300) return answer;
    const reason = (await text(answer)).trim().slice(0, 500);
    if (status >= 500 || status === 429) throw this.unavailable(new Error(reason));
    throw new StoreRefusal(`The log store on ${this.url} refused the request: ${reason}`);
  }

  private unavailable(error: Error): StoreUnavailable {
    return new StoreUnavailable(`The log store on ${this.url} does not answer: ${error.message || error.name}`);
  }
}

/** A text in a LogsQL query. */
export function quote(value: string): string {
  return JSON.stringify(value);
}

const nanoseconds = (ms: number) => `${Math.trunc(ms)}000000`;
