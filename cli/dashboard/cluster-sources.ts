import type { PageSources } from "@plinth/local/page/model/sources.ts";
import { listCacheUsers } from "@plinth/local/page/sources/cache-users.ts";
import { KafkaTopicSource } from "@plinth/local/page/sources/kafka/kafka-topic-source.ts";
import { RecordDecoder } from "@plinth/local/page/sources/kafka/record-decoder.ts";
import { PrometheusAlerts } from "@plinth/local/page/sources/metrics/alert-source.ts";
import { PrometheusSource } from "@plinth/local/page/sources/metrics/prometheus-source.ts";
import { RegistrySource } from "@plinth/local/page/sources/schema-source.ts";
import { SecretMask } from "@plinth/local/page/sources/secrets.ts";
import { DatabaseTenants } from "@plinth/local/page/sources/tenant-source.ts";
import { ApiServer } from "@plinth/providers/clients/kubernetes/api-server.ts";
import { createDashboards } from "../../components/observability/dashboards/dashboards.ts";
import { LOKI, LOKI_PORT } from "../../components/observability/kubernetes/loki.ts";
import { PROMETHEUS, PROMETHEUS_PORT } from "../../components/observability/kubernetes/prometheus.ts";
import { TEMPO, TEMPO_PORT } from "../../components/observability/kubernetes/tempo.ts";
import type { LocatedService } from "../../components/service/descriptor.ts";
import type { Need } from "../../components/service/descriptor-rule.ts";
import { createKafkaClient } from "../kafka-records/client.ts";
import type { StackServers } from "../servers/access.ts";
import { ClusterResources } from "./cluster-resources.ts";
import { LokiSource } from "./loki-source.ts";
import { TempoSource } from "./tempo-source.ts";

/** The workload that serves each need. */
const WORKLOADS: Record<Need, string> = {
  database: "citus-coordinator",
  cache: "redis",
  broker: "redpanda",
  registry: "redpanda",
};

export interface ClusterStack {
  stack: string;
  location: { context: string; namespace: string };
  services: readonly LocatedService[];
  servers: StackServers;
}

/** The sources of a stack in a cluster, through port-forwards and the API server. Read-only. */
export async function createClusterSources({ stack, location, services, servers }: ClusterStack): Promise<PageSources> {
  const { variables, localUrl } = servers;
  const { context, namespace } = location;
  const address = (service: string, port: number) => localUrl(`http://${service}.${namespace}.svc:${port}`);
  const mask = new SecretMask(undefined, [variables.DATABASE_URL, variables.REDIS_URL]);
  const loki = new LokiSource(await address(LOKI, LOKI_PORT), mask);
  const metrics = new PrometheusSource(await address(PROMETHEUS, PROMETHEUS_PORT));
  const schemas = new RegistrySource(await localUrl(variables.SCHEMA_REGISTRY_URL!));
  const cacheUrl = await localUrl(variables.REDIS_URL!);
  const uses = new Map(services.map(({ name, needs }) => [name, [...new Set(needs.map((need) => WORKLOADS[need]))]]));
  return {
    summary: async () => ({ stack, runtime: "kubernetes", readOnly: true, unavailable: {} }),
    dashboards: createDashboards(services),
    resources: new ClusterResources(await ApiServer.forContext(context), namespace, uses, mask),
    logs: loki,
    traces: new TempoSource(await address(TEMPO, TEMPO_PORT), mask, () => loki.services()),
    metrics,
    alerts: new PrometheusAlerts(metrics),
    topics: new KafkaTopicSource({
      connect: async () => createKafkaClient(servers),
      decoder: new RecordDecoder((id) => schemas.byId(id)),
      mask,
    }),
    schemas,
    tenants: new DatabaseTenants({
      databaseUrl: await localUrl(variables.DATABASE_URL!),
      countLines: (tenants) => loki.countLines(tenants),
      listCacheUsers: () => listCacheUsers(cacheUrl),
    }),
  };
}
