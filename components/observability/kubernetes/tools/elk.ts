import { imageOf, type ObservabilityContext } from "../context.ts";
import type { ServerDefinition } from "../server.ts";

export const ELASTICSEARCH = "elasticsearch";
export const ELASTICSEARCH_PORT = 9200;
const KIBANA_PORT = 5601;
/** The numeric user of both images. */
const ELASTIC_USER_ID = 1000;

/** One Elasticsearch that takes logs by OTLP. Network policies alone decide who may connect. */
export function elasticsearchServer(context: ObservabilityContext): ServerDefinition {
  return {
    workload: ELASTICSEARCH,
    image: imageOf(context, "elasticsearch"),
    user: ELASTIC_USER_ID,
    environment: {
      "discovery.type": "single-node",
      "xpack.security.enabled": "false",
      "xpack.ml.enabled": "false",
      "ingest.geoip.downloader.enabled": "false",
      "path.data": "/data",
      // Half of the container's limit; the other half is for file caches.
      ES_JAVA_OPTS: "-Xms768m -Xmx768m",
      // The node's settings stay as they are.
      "node.store.allow_mmap": "false",
    },
    ports: { http: ELASTICSEARCH_PORT },
    probes: { ready: "/_cluster/health?local=true", live: "/" },
    size: {
      replicas: 1,
      storage: "10Gi",
      resources: { requests: { cpu: "200m", memory: "1536Mi" }, limits: { memory: "1536Mi" } },
    },
    data: "/data",
    writableRoot: true,
    clientNamespaces: [context.nodes],
  };
}

/** Kibana, reached by port-forward. */
export function kibanaServer(context: ObservabilityContext): ServerDefinition {
  return {
    workload: "kibana",
    image: imageOf(context, "kibana"),
    user: ELASTIC_USER_ID,
    environment: {
      ELASTICSEARCH_HOSTS: `http://${ELASTICSEARCH}:${ELASTICSEARCH_PORT}`,
      TELEMETRY_ENABLED: "false",
      PATH_DATA: "/data",
      NEWSFEED_ENABLED: "false",
    },
    ports: { http: KIBANA_PORT },
    // Its status is 503 while Elasticsearch is away, which a restart would not mend.
    probes: { ready: "/api/status" },
    size: { replicas: 1, resources: { requests: { cpu: "100m", memory: "512Mi" }, limits: { memory: "1Gi" } } },
    data: "/data",
    writableRoot: true,
    uses: [{ workload: ELASTICSEARCH, ports: [ELASTICSEARCH_PORT] }],
  };
}
