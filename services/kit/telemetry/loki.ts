import type { IncomingHttpHeaders } from "node:http";
import { kitError } from "../core/errors.ts";
import { redactSecrets } from "../core/redaction.ts";
import { parseTenantId, type TenantDirectory } from "../core/tenant.ts";
import { currentCorrelationId, currentTrace } from "../core/trace-context.ts";
import { createLokiSender, type LokiSettings } from "./loki-sender.ts";

/**
 * Logs that a tenant may read, pushed straight to Loki. The service's own log on standard output is
 * for its operator.
 */
export interface Loki {
  /**
   * Pushes one line for the tenant in the request's `X-Tenant-Id`; neither a default nor the
   * environment stands in for it. Resolves once the line is queued. It is sent in the background,
   * and an unreachable Loki fails no caller.
   *
   * @throws `tenant_required`, `tenant_invalid` or `tenant_unknown`; then nothing is pushed
   */
  push(headers: IncomingHttpHeaders, line: LokiLine): Promise<void>;
  /**
   * Pushes a line for a tenant that was checked before. It is a JSON object as a JSON text without
   * its quotes, and holds no secret: nothing is redacted.
   */
  pushEscaped(tenantId: number, escapedLine: string): void;
  /** Sends the queued lines, for two seconds at most. */
  close(): Promise<void>;
}

/** One JSON object in Loki, with the request's ids. Secrets are redacted as in every log. */
export type LokiLine = { level: "debug" | "info" | "warn" | "error"; msg: string } & Record<string, unknown>;

/** @param tenants knows the tenants that may have lines */
export function createLoki(settings: LokiSettings, tenants: TenantDirectory): Loki {
  const sender = createLokiSender(settings);
  return {
    async push(headers, line) {
      const tenantId = parseTenantId(headers, undefined);
      if (!(await tenants.knows(tenantId))) throw kitError("tenant_unknown", `There is no tenant ${tenantId}.`);
      const trace = currentTrace();
      const ids = {
        correlation_id: currentCorrelationId(),
        trace_id: trace?.traceId,
        span_id: trace?.spanId,
      };
      sender.add(tenantId, toJson({ ...ids, ...redactSecrets(line) }));
    },
    pushEscaped: sender.addEscaped,
    close: sender.close,
  };
}

/** A getter may have answered when the line was redacted, and throw now. */
function toJson({ correlation_id, trace_id, level, ...fields }: Record<string, unknown>): string {
  const start = { correlation_id, trace_id, level };
  try {
    return JSON.stringify({ ...start, ...fields });
  } catch {
    return JSON.stringify({ ...start, msg: "a line could not be written: a part of it cannot be read" });
  }
}
