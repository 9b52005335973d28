import { KAFKA_VERSION, observabilityVersion } from "@plinth/local/locations.ts";
import type { ObservedProcess } from "@plinth/local/observability/settings.ts";
import type { Need } from "../../service/descriptor-rule.ts";
import type { ProcessContext } from "./context.ts";

/** The process that serves each need. */
const servers: Record<Need, string> = {
  database: "postgres",
  cache: "redis",
  broker: "kafka",
  registry: "schema-registry",
};

/** The version of services that set none, as the kit's default. */
const UNRELEASED = "0.0.0-dev";

/** Every process of a stack, with the labels of its lines. */
export function observedProcesses({
  services,
  profile,
}: Pick<ProcessContext, "services" | "profile">): ObservedProcess[] {
  const isFull = profile === "full";
  return [
    server("postgres", "database", UNRELEASED),
    server("redis", "cache", UNRELEASED),
    server("kafka", "broker", KAFKA_VERSION),
    server("schema-registry", "registry", UNRELEASED, ["kafka"]),
    server("victoria-logs", "observability", observabilityVersion("victoria-logs")),
    server("victoria-metrics", "observability", observabilityVersion("victoria-metrics")),
    server("vmalert", "observability", observabilityVersion("vmalert"), [
      "victoria-metrics",
      isFull ? "alertmanager" : "observability",
    ]),
    ...(isFull
      ? [
          server("jaeger", "observability", observabilityVersion("jaeger")),
          server("alertmanager", "observability", UNRELEASED, ["observability"]),
        ]
      : []),
    server("observability", "observability", UNRELEASED, [
      "victoria-logs",
      "victoria-metrics",
      ...(isFull ? ["jaeger"] : []),
      ...Object.values(servers),
    ]),
    ...services.map(({ name, needs }) => ({
      ...server(name, "service", UNRELEASED, [...needs.map((need) => servers[need]), "observability"]),
    })),
  ];
}

function server(name: string, kind: ObservedProcess["kind"], version: string, uses: string[] = []): ObservedProcess {
  return { name, kind, service: name, version, uses };
}
