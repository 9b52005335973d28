import { SpanKind } from "@opentelemetry/api";
import { type SystemEvent, UnreadableRecord } from "./avro.ts";
import type { Work } from "./consumer.ts";
import { redact } from "./redaction.ts";
import { fail, injectContext, startSpan } from "./tracing.ts";

const TIMEOUT_MS = 3000;

/**
 * Sends notices to the service at a URL, in the trace, with the correlation id and for the tenant of the work.
 * Rejects while the service is away; with an {@link UnreadableRecord} when it refuses the notice, since no retry
 * helps then.
 */
export function forwardTo(base: string): (event: SystemEvent, work: Work) => Promise<void> {
  const url = `${base}/api/v1/notices`;
  return async ({ tenant_id, event_type, event_data }, work) => {
    const { span, context } = startSpan("POST", SpanKind.CLIENT, work.context, {
      "http.request.method": "POST",
      "url.full": redact(url),
      "server.address": new URL(url).hostname,
      "tenant.id": tenant_id,
    });
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: {
          ...injectContext(context),
          "content-type": "application/json",
          "x-tenant-id": String(tenant_id),
          ...(work.correlationId !== undefined && { "x-correlation-id": work.correlationId }),
        },
        body: JSON.stringify({ type: event_type, text: event_data.text ?? "" }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      // A body that was read to its end leaves its connection to the next request.
      await response.arrayBuffer();
      span.setAttribute("http.response.status_code", response.status);
      const reason = `the service that notices are forwarded to answered ${response.status}`;
      if (response.status >= 500 || response.status === 429) throw new Error(reason);
      if (response.status >= 400) throw new UnreadableRecord(reason);
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  };
}
