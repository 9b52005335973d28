import type { onResponseHookHandler } from "fastify";
import type { Loki } from "../telemetry/loki.ts";
import type { HttpServer } from "./fastify.ts";

/**
 * Pushes a line for each request that names a tenant, on the routes that are added to `scope` after
 * this call, so that tenants see their own calls. Each request pays for it, so the line is put
 * together from what is known of its route; its ids need no escaping.
 *
 * @param minStatus of the requests that have a line. @default 0: all have one
 */
export function pushRequestLines(scope: HttpServer, loki: Loki, minStatus = 0): void {
  scope.addHook("onRoute", (route) => {
    route.onResponse = [...[route.onResponse ?? []].flat(), pushLineOf(route.url, loki, minStatus)];
  });
}

function pushLineOf(route: string, loki: Loki, minStatus: number): onResponseHookHandler {
  const fieldsByStatus = new Map<number, Map<string, string>>();

  function createFields(status: number, method: string): string {
    const level = status < 500 ? "info" : "error";
    const fields = escapeJson(
      `","level":"${level}","msg":"request","method":"${method}","route":${JSON.stringify(route)},"status":${status},"duration_ms":`,
    );
    const byMethod = fieldsByStatus.get(status) ?? new Map<string, string>();
    fieldsByStatus.set(status, byMethod.set(method, fields));
    return fields;
  }

  return (request, { statusCode, elapsedTime }, done) => {
    const { tenantId, headers, method, span, id } = request;
    // Without the header it was served for the default tenant, which did not ask for a log.
    if (statusCode >= minStatus && tenantId > 0 && headers["x-tenant-id"] !== undefined) {
      const { traceId, spanId } = span.context;
      const fields = fieldsByStatus.get(statusCode)?.get(method) ?? createFields(statusCode, method);
      const ms = Math.round(elapsedTime * 100) / 100;
      loki.pushEscaped(
        tenantId,
        `{\\"correlation_id\\":\\"${id}\\",\\"trace_id\\":\\"${traceId}\\",\\"span_id\\":\\"${spanId}${fields}${ms}}`,
      );
    }
    done();
  };
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
