import type { Logger } from "../core/logger.ts";
import { redactText } from "../core/redacted-text.ts";
import { kitMetrics } from "./contract.ts";
import type { Metrics } from "./metrics.ts";
import { createSpanEncoder, type EndedSpan, type SpanResource } from "./otlp-spans.ts";
import { createPoster } from "./post.ts";

export interface SpanProcessorSettings extends SpanResource {
  /** URL of an OTLP receiver over HTTP, such as `http://127.0.0.1:4318`; `/v1/traces` is added. */
  endpoint: string;
  logger?: Logger | undefined;
  metrics?: Metrics | undefined;
}

export interface SpanProcessor {
  add(span: EndedSpan): void;
  close(): Promise<void>;
}

type Outcome = "exported" | "failed" | "away" | "refused";

/** Spans waiting or under way; more are dropped and counted. A thousand take a megabyte. */
const MAX_QUEUED_SPANS = 2048;
const BATCH_SPANS = 512;
/** Short, because a person may wait for the span on the page. */
const BATCH_DELAY_MS = 250;
const EXPORT_TIMEOUT_MS = 3000;
const CLOSE_TIMEOUT_MS = 2000;
const RETRY_MS = { first: 250, max: 5000 };
/** Answers after which the same spans may be sent again. Source: OTLP, "Failures". */
const RETRYABLE = new Set([429, 502, 503, 504]);

/**
 * Sends spans in batches by OTLP over HTTP. Ending a span never waits. While the receiver is away,
 * spans wait, up to a limit, and are sent when it is back. OpenTelemetry's SDK would take 9 MB and
 * 100 ms more, holds no span that it could not send for 3 s, and a stopping process waits for it.
 */
export function createSpanProcessor(settings: SpanProcessorSettings): SpanProcessor {
  const { logger, metrics, endpoint } = settings;
  const total = metrics?.counter(kitMetrics.tracing_spans_total);
  const encode = createSpanEncoder(settings);
  const url = `${endpoint.replace(/\/$/, "")}/v1/traces`;
  const poster = createPoster({ url, timeoutMs: EXPORT_TIMEOUT_MS, maxSockets: 1 });
  const queue: EndedSpan[] = [];
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let closed = false;

  async function exportBatch(batch: readonly EndedSpan[]): Promise<Outcome> {
    const result = await poster.post(encode(batch), { "content-type": "application/json" });
    if (typeof result === "string") return result;
    if (result.status >= 200 && result.status < 300) return "exported";
    return RETRYABLE.has(result.status) ? "away" : "failed";
  }

  /** Sends batches until the queue is empty or the receiver is away. */
  async function drain(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.slice(0, BATCH_SPANS);
      const outcome = await exportBatch(batch);
      logChange(outcome);
      if (outcome === "away" || outcome === "refused") {
        failures++;
        // A receiver that does not listen will not before this process has ended.
        if (!closed || outcome === "refused") return;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS.first));
        continue;
      }
      failures = 0;
      queue.splice(0, batch.length);
      total?.labels(outcome).inc(batch.length);
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    sending ??= drain().finally(() => {
      sending = undefined;
      if (queue.length > 0 && !closed) schedule();
    });
    return sending;
  }

  function schedule(): void {
    const ms = failures === 0 ? BATCH_DELAY_MS : Math.min(RETRY_MS.first * 2 ** (failures - 1), RETRY_MS.max);
    timer ??= setTimeout(() => void flush(), ms).unref();
  }

  let failing = false;
  /** One line when exporting begins to fail and one when it works again. */
  function logChange(outcome: Outcome): void {
    const fails = outcome !== "exported";
    if (fails && !failing) logger?.warn({ endpoint: redactText(endpoint), outcome }, "traces cannot be exported");
    if (!fails && failing) logger?.info("traces are exported again");
    failing = fails;
  }

  return {
    add(span) {
      if (closed || queue.length >= MAX_QUEUED_SPANS) {
        total?.labels("dropped").inc();
        return;
      }
      queue.push(span);
      if (queue.length >= BATCH_SPANS && failures === 0 && !sending) void flush();
      else if (!sending) schedule();
    },
    async close() {
      closed = true;
      const deadline = Promise.withResolvers<void>();
      const closing = setTimeout(deadline.resolve, CLOSE_TIMEOUT_MS);
      // What is under way may have begun before the last spans ended.
      await Promise.race([deadline.promise, flush().then(() => (failures === 0 ? flush() : undefined))]);
      clearTimeout(closing);
      clearTimeout(timer);
      if (queue.length > 0) {
        total?.labels("failed").inc(queue.length);
        logger?.warn({ spans: queue.length }, "the process ends before all traces were exported");
        queue.length = 0;
      }
      poster.close();
    },
  };
}
