import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Logger } from "../core/logger.ts";
import { redactText } from "../core/redacted-text.ts";
import { kitMetrics } from "./contract.ts";
import type { Metrics } from "./metrics.ts";
import { createPoster } from "./post.ts";

export interface LokiSettings {
  /** Such as `http://localhost:3100`. */
  url: string;
  /**
   * Labels of every line. Each has few values, because Loki keeps a stream for each combination.
   */
  labels: { service: string; env: string; version: string };
  logger: Logger;
  metrics: Metrics;
  /** Whether large bodies are compressed. @default unless Loki is on this machine */
  compress?: boolean;
}

/** Sends lines to Loki, in batches of one tenant each. */
export interface LokiSender {
  /** Neither waits nor fails: a line without room is dropped and counted. */
  add(tenantId: number, line: string): void;
  /**
   * As {@link LokiSender.add}, for a line that is a JSON text without its quotes already: each
   * quote of the line has a backslash.
   */
  addEscaped(tenantId: number, escapedLine: string): void;
  /** Sends the queued lines, for two seconds at most, and not to a Loki that does not listen. */
  close(): Promise<void>;
}

interface TenantQueue {
  /** Pairs of a time, in nanoseconds since 1970, and a line, in JSON. */
  lines: string[];
  /** Characters of those lines. */
  queuedChars: number;
  sending: boolean;
  failures: number;
  timer: NodeJS.Timeout | undefined;
}

/** Characters of queued lines, of all tenants together, while Loki is away or slow. */
const MAX_QUEUED_CHARS = 4 * 1024 * 1024;
/**
 * A tenant's queue may grow to this many times the free space, so that a tenant whose lines Loki
 * does not take leaves room for the others.
 */
const MAX_SHARE_OF_FREE = 3;
const BATCH_LINES = 1000;
const FLUSH_INTERVAL_MS = 500;
const RETRY_MS = { first: 250, max: 5000 };
const REQUEST_TIMEOUT_MS = 5000;
const CLOSE_TIMEOUT_MS = 2000;
const MAX_SOCKETS = 4;
/** Compressing smaller bodies does not pay. */
const MIN_COMPRESSED_BYTES = 4096;
const gzipAsync = promisify(gzip);

type Outcome = "taken" | "away" | "not there" | `refused: ${string}`;

/** Source: Loki's HTTP API, `POST /loki/api/v1/push`. */
export function createLokiSender(settings: LokiSettings): LokiSender {
  const { url, labels, logger, metrics, compress = !isOnThisMachine(url) } = settings;
  const total = metrics.counter(kitMetrics.loki_lines_total);
  const poster = createPoster({
    url: `${url.replace(/\/$/, "")}/loki/api/v1/push`,
    timeoutMs: REQUEST_TIMEOUT_MS,
    maxSockets: MAX_SOCKETS,
  });
  const bodyStart = `{"streams":[{"stream":${JSON.stringify(labels)},"values":[`;
  const dropped = total.labels("dropped");
  const queues = new Map<number, TenantQueue>();
  let queuedChars = 0;
  /** Tenants whose last push failed. */
  const failing = new Set<number>();
  /** Set while this closes: called once no tenant's lines can be sent any more. */
  let drained: (() => void) | undefined;
  metrics.gauge(kitMetrics.loki_lines_waiting, (gauge) =>
    gauge.set([...queues.values()].reduce((sum, { lines }) => sum + lines.length, 0)),
  );

  async function send(tenantId: number, queue: TenantQueue): Promise<void> {
    clearTimeout(queue.timer);
    // Also while a push is under way: if it fails, a timer that has fired would keep the next one
    // from being set.
    queue.timer = undefined;
    if (queue.sending) return;
    queue.sending = true;
    const batch = queue.lines.slice(0, BATCH_LINES);
    const outcome = await post(tenantId, batch);
    queue.sending = false;
    logChange(outcome, tenantId);
    if (outcome === "not there" && drained) return drained();
    if (outcome === "away" || outcome === "not there") {
      queue.failures++;
      return schedule(tenantId, queue, Math.min(RETRY_MS.first * 2 ** (queue.failures - 1), RETRY_MS.max));
    }
    total.inc({ result: outcome === "taken" ? "pushed" : "refused" }, batch.length);
    queue.failures = 0;
    queue.lines.splice(0, batch.length);
    const sentChars = batch.reduce((sum, line) => sum + line.length, 0);
    queuedChars -= sentChars;
    queue.queuedChars -= sentChars;
    if (queue.lines.length > 0) return send(tenantId, queue);
    queues.delete(tenantId);
    if (queues.size === 0) drained?.();
  }

  function schedule(tenantId: number, queue: TenantQueue, ms: number): void {
    queue.timer ??= setTimeout(() => void send(tenantId, queue), ms).unref();
  }

  /** After `away` the same lines are sent again; Loki recognizes them by their time and text. */
  async function post(tenantId: number, lines: readonly string[]): Promise<Outcome> {
    const body = Buffer.from(`${bodyStart}${lines.join(",")}]}]}`);
    const compressed = compress && body.length >= MIN_COMPRESSED_BYTES;
    const result = await poster.post(compressed ? await gzipAsync(body, { level: 1 }) : body, {
      "content-type": "application/json",
      ...(compressed ? { "content-encoding": "gzip" } : {}),
      "x-scope-orgid": String(tenantId),
    });
    if (typeof result === "string") return result === "refused" ? "not there" : result;
    const { status, answer } = result;
    if (status === 204) return "taken";
    return status === 429 || status >= 500 ? "away" : `refused: ${status} ${answer.slice(0, 200)}`;
  }

  /**
   * Logs on standard output when pushes begin to fail and when all tenants' lines are taken again,
   * rather than once a batch.
   */
  function logChange(outcome: string, tenantId: number): void {
    const failingBefore = failing.size;
    if (outcome === "taken") failing.delete(tenantId);
    else failing.add(tenantId);
    if (failingBefore === 0 && failing.size > 0)
      logger.warn({ url: redactText(url), tenant_id: tenantId, outcome }, "Loki does not take lines");
    if (failingBefore > 0 && failing.size === 0) logger.info("Loki takes lines again");
  }

  function addEscaped(tenantId: number, escapedLine: string): void {
    const queue = queues.get(tenantId) ?? { lines: [], queuedChars: 0, sending: false, failures: 0, timer: undefined };
    const free = MAX_QUEUED_CHARS - queuedChars;
    const { length } = escapedLine;
    if (length > free || queue.queuedChars + length > MAX_SHARE_OF_FREE * free) {
      dropped.inc();
      return;
    }
    if (queue.lines.length === 0) queues.set(tenantId, queue);
    const line = `["${nextTimestampNanos()}","${escapedLine}"]`;
    queuedChars += line.length;
    queue.queuedChars += line.length;
    queue.lines.push(line);
    if (queue.lines.length >= BATCH_LINES && queue.failures === 0) void send(tenantId, queue);
    else schedule(tenantId, queue, FLUSH_INTERVAL_MS);
  }

  return {
    add: (tenantId, line) => addEscaped(tenantId, JSON.stringify(line).slice(1, -1)),
    addEscaped,
    async close() {
      if (queues.size > 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        drained = resolve;
        for (const [tenantId, queue] of queues) void send(tenantId, queue);
        const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
        await promise;
        clearTimeout(timer);
      }
      for (const { timer, lines } of queues.values()) {
        clearTimeout(timer);
        total.inc({ result: "dropped" }, lines.length);
      }
      queues.clear();
      poster.close();
    },
  };
}

function isOnThisMachine(url: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}

let lastTimestampMs = 0;
let sequenceInMs = 0;

/** Returns no time twice: of two lines with the same time and text, Loki keeps one. */
function nextTimestampNanos(): string {
  const now = Date.now();
  sequenceInMs = now > lastTimestampMs ? 0 : sequenceInMs + 1;
  lastTimestampMs = Math.max(now, lastTimestampMs);
  return `${lastTimestampMs}${String(sequenceInMs).padStart(6, "0")}`;
}
