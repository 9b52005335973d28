import type { ProcessSpec } from "../../../supervisor/spec.ts";
import type { Resource } from "../../model/resource.ts";

const SCHEMES: Partial<Record<Resource["kind"], string>> = { database: "postgresql://", cache: "redis://", broker: "" };

/** Where a process can be reached, by the purpose of each of its ports. */
export function endpointsOf({ ports, ready }: ProcessSpec, kind: Resource["kind"]): Resource["endpoints"] {
  return Object.entries(ports).map(([name, port]) => {
    const isHttp = (ready.kind === "http" && ready.port === port) || /http|metrics|page|loki|otlp/i.test(name);
    const scheme = isHttp ? "http://" : (SCHEMES[kind] ?? "");
    return { name, url: `${scheme}localhost:${port}` };
  });
}
