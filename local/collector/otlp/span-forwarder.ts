import type { Counts } from "../counts.ts";
import { requestText } from "../http/request.ts";

const MAX_QUEUED_BYTES = 16 << 20;
const TIMEOUT_MS = 5000;

/**
 * Sends requests with spans on to Jaeger, one at a time. What does not fit is dropped and counted.
 */
export class SpanForwarder {
  private readonly url: string;
  private readonly counts: Counts;
  private readonly queue: { body: Buffer; type: string; spans: number }[] = [];
  private queuedBytes = 0;
  private isSending = false;

  /** @param url of an OTLP receiver, such as `http://127.0.0.1:14318` */
  constructor(url: string, counts: Counts) {
    this.url = `${url.replace(/\/$/, "")}/v1/traces`;
    this.counts = counts;
  }

  add(body: Buffer, type: string, spans: number): void {
    if (this.queuedBytes + body.length > MAX_QUEUED_BYTES) {
      this.counts.add("plinth_collector_spans_total", { result: "not forwarded" }, spans);
      return;
    }
    this.queuedBytes += body.length;
    this.queue.push({ body, type, spans });
    if (!this.isSending) void this.send();
  }

  private async send(): Promise<void> {
    this.isSending = true;
    for (let next = this.queue.shift(); next; next = this.queue.shift()) {
      const { body, type, spans } = next;
      const isTaken = await requestText(this.url, {
        method: "POST",
        body,
        headers: { "content-type": type },
        timeoutMs: TIMEOUT_MS,
      }).then(
        ({ status }) => status < 300,
        () => false,
      );
      this.queuedBytes -= body.length;
      this.counts.add("plinth_collector_spans_total", { result: isTaken ? "forwarded" : "not forwarded" }, spans);
    }
    this.isSending = false;
  }
}
