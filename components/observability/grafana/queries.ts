import type { LogSelection, TraceSelection } from "@plinth/local/page/model/dashboard.ts";

/** Levels at and above each. */
const LEVELS = { warn: "warn|error|fatal", error: "error|fatal" };

/** Loki's query of a panel of lines. Labels choose streams; all other fields come from the JSON. */
export function logQl({ labels, level, text, ofTenant = false }: LogSelection): string {
  const matchers = Object.entries(labels).map(([label, value]) =>
    value.startsWith("$") ? `${label}=~"${value}"` : `${label}=${JSON.stringify(value)}`,
  );
  const stages = [
    ...(text === undefined ? [] : [`|= ${JSON.stringify(text)}`]),
    ...(level === undefined && !ofTenant ? [] : ["| json"]),
    ...(level === undefined ? [] : [`| level=~"${LEVELS[level]}"`]),
    ...(ofTenant ? [`| tenant_id=~"$tenant"`] : []),
  ];
  // Loki takes no selector without a label.
  const streams = matchers.length === 0 ? [`service=~".+"`] : matchers;
  return [`{${streams.join(", ")}}`, ...stages].join(" ");
}

/** Tempo's query of a panel of traces. */
export function traceQl({ service, status, minDurationMs, ofTenant = false }: TraceSelection): string {
  const conditions = [
    ...(service === undefined
      ? []
      : [`resource.service.name ${service.startsWith("$") ? "=~" : "="} ${JSON.stringify(service)}`]),
    ...(status === undefined ? [] : [`status = ${status}`]),
    ...(minDurationMs === undefined ? [] : [`duration > ${minDurationMs}ms`]),
    ...(ofTenant ? ["span.tenant.id = $tenant"] : []),
  ];
  return `{ ${conditions.join(" && ")} }`;
}
