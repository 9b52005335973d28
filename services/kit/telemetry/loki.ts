import type { IncomingHttpHeaders } from "node:http";
import { kitError } from "../core/errors.ts";
import { redactSecrets } from "../core/redaction.ts";
import { parseTenantId, type TenantDirectory } from "../core/tenant.ts";
import { currentCorrelationId, currentTrace } from "../core/trace-context.ts";
import { createLokiSender, type LokiSettings } from "./loki-sender.ts";

/**
 * Logs that a tenant may read, pushed to Loki directly. What the service logs on standard output is
 * for whoever runs it.
 */
export interface Loki {
  /**
   * Pushes one line for the tenant that the request's `X-Tenant-Id` names, and for no other:
   * neither a default nor the environment names one. Resolves once the line is kept; it is sent in
   * the background, and Loki being away fails nobody.
   *
   * @throws `tenant_required`, `tenant_invalid` or `tenant_unknown`; nothing is pushed then
   */
  push(headers: IncomingHttpHeaders, line: LokiLine): Promise<void>;
  /** Sends what is kept, for two seconds at most. */
  close(): Promise<void>;
}

/** One JSON object in Loki, with the ids of the request. Fields are redacted as in every log. */
export type LokiLine = { level: "debug" | "info" | "warn" | "error"; msg: string } & Record<string, unknown>;

/** @param tenants says who may have lines of their own */
export function createLoki(settings: LokiSettings, tenants: TenantDirectory): Loki {
  const sender = createLokiSender(settings);
  return {
    async push(headers, line) {
      const tenantId = parseTenantId(headers, undefined);
      if (!(await tenants.knows(tenantId))) throw kitError("tenant_unknown", `There is no tenant ${tenantId}.`);
      const ids = { correlation_id: currentCorrelationId(), trace_id: currentTrace()?.traceId };
      sender.add(tenantId, JSON.stringify(redactSecrets({ ...ids, ...line })));
    },
    close: sender.close,
  };
}
