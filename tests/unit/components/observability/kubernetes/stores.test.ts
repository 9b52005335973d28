import assert from "node:assert/strict";
import { lokiConfig, lokiServer } from "../../../../../components/observability/kubernetes/loki.ts";
import { tempoConfig, tempoServer } from "../../../../../components/observability/kubernetes/tempo.ts";
import { clusterContext } from "../../../../support/observability/cluster-context.ts";

const objectStorage = {
  endpoint: "https://s3.example.com:9000",
  region: "eu-1",
  logsBucket: "logs",
  tracesBucket: "traces",
};

/** Sections and fields that we set, as Loki 3.7's and Tempo 3.0's reference pages list them. */
const lokiReference: Record<string, string[]> = {
  "": [
    ...["analytics", "auth_enabled", "common", "compactor", "ingester", "limits_config", "memberlist", "querier"],
    ...["schema_config", "server", "storage_config"],
  ],
  analytics: ["reporting_enabled"],
  common: ["path_prefix", "replication_factor", "ring", "storage"],
  "common.ring": ["kvstore"],
  "common.ring.kvstore": ["store"],
  "common.storage": ["filesystem"],
  "common.storage.filesystem": ["chunks_directory", "rules_directory"],
  compactor: ["delete_request_store", "retention_enabled", "working_directory"],
  ingester: ["wal"],
  "ingester.wal": ["dir", "enabled", "replay_memory_ceiling"],
  limits_config: [
    ...["allow_structured_metadata", "ingestion_burst_size_mb", "ingestion_rate_mb", "max_global_streams_per_user"],
    ...["max_label_names_per_series", "max_line_size", "max_line_size_truncate", "max_query_series"],
    ...["per_stream_rate_limit", "per_stream_rate_limit_burst", "reject_old_samples", "reject_old_samples_max_age"],
    ...["retention_period", "volume_enabled"],
  ],
  memberlist: ["join_members"],
  querier: ["multi_tenant_queries_enabled"],
  schema_config: ["configs"],
  server: ["grpc_listen_port", "http_listen_port", "log_level"],
  storage_config: ["object_store", "tsdb_shipper", "use_thanos_objstore"],
  "storage_config.object_store": ["s3"],
  "storage_config.object_store.s3": ["bucket_name", "endpoint", "insecure", "region"],
  "storage_config.tsdb_shipper": ["active_index_directory", "cache_location"],
};
const tempoReference: Record<string, string[]> = {
  "": [
    ...["backend_scheduler", "backend_worker", "distributor", "overrides", "server", "storage"],
    ...["stream_over_http_enabled", "usage_report"],
  ],
  backend_scheduler: ["provider"],
  "backend_scheduler.provider": ["compaction"],
  "backend_scheduler.provider.compaction": ["compaction"],
  "backend_scheduler.provider.compaction.compaction": ["block_retention"],
  backend_worker: ["compaction"],
  "backend_worker.compaction": ["block_retention"],
  distributor: ["receivers"],
  "distributor.receivers": ["otlp"],
  "distributor.receivers.otlp": ["protocols"],
  "distributor.receivers.otlp.protocols": ["grpc"],
  "distributor.receivers.otlp.protocols.grpc": ["endpoint"],
  overrides: ["defaults"],
  "overrides.defaults": ["global", "ingestion"],
  "overrides.defaults.global": ["max_bytes_per_trace"],
  "overrides.defaults.ingestion": ["burst_size_bytes", "max_traces_per_user", "rate_limit_bytes"],
  server: ["http_listen_port", "log_level"],
  storage: ["trace"],
  "storage.trace": ["backend", "local", "s3", "wal"],
  "storage.trace.local": ["path"],
  "storage.trace.s3": ["bucket", "endpoint", "insecure", "region"],
  "storage.trace.wal": ["path"],
  usage_report: ["reporting_enabled"],
};

describe("the stores of a cluster", () => {
  const onDisk = clusterContext();
  const inBucket = clusterContext({ objectStorage, retention: { days: 30, bytes: "1GB" } }, "production");

  it("are configured with fields that their reference pages list, since neither runs here", () => {
    for (const [config, reference] of [
      [lokiConfig(onDisk, 1), lokiReference],
      [lokiConfig(inBucket, 3), lokiReference],
      [tempoConfig(onDisk), tempoReference],
      [tempoConfig(inBucket), tempoReference],
    ] as const)
      for (const [section, fields] of sections(config))
        for (const field of fields) assert.ok(reference[section]?.includes(field), `${section}.${field}`);
  });

  it("keep everything as long as the stack says", () => {
    assert.equal(lokiConfig(onDisk, 1).limits_config.retention_period, "168h");
    assert.equal(lokiConfig(inBucket, 3).limits_config.retention_period, "720h");
    assert.equal(lokiConfig(inBucket, 3).compactor.retention_enabled, true);
    assert.equal(tempoConfig(inBucket).backend_worker.compaction.block_retention, "720h");
    assert.equal(tempoConfig(inBucket).backend_scheduler.provider.compaction.compaction.block_retention, "720h");
  });

  it("ask every push and query for its tenant, and cut lines of megabytes (OBS-4)", () => {
    for (const config of [lokiConfig(onDisk, 1), lokiConfig(inBucket, 3)]) {
      assert.equal(config.auth_enabled, true);
      assert.equal(config.limits_config.max_line_size_truncate, true);
      assert.equal(config.ingester.wal.enabled, true);
    }
  });

  it("find each other by gossip when Loki has several replicas, which share a bucket", () => {
    const { size, peerPorts } = lokiServer(inBucket);
    assert.equal(size.replicas, 3);
    assert.deepEqual(lokiConfig(inBucket, 3).memberlist, { join_members: [`loki-peers:${peerPorts!.gossip}`] });
    assert.equal(lokiConfig(inBucket, 3).common.replication_factor, 3);
    assert.equal(lokiServer(onDisk).size.replicas, 1);
    assert.equal(lokiServer(clusterContext({}, "production")).size.replicas, 1);
  });

  it("reach object storage at its port alone", () => {
    for (const define of [lokiServer, tempoServer]) {
      assert.deepEqual(define(inBucket).outside, [9000]);
      assert.equal(define(onDisk).outside, undefined);
    }
  });
});

/** Each section with the names of its fields; lists are values. */
function sections(config: object, path = ""): [string, string[]][] {
  const nested = Object.entries(config).filter(
    ([, value]) => typeof value === "object" && value !== null && !Array.isArray(value),
  );
  return [
    [path, Object.keys(config)],
    ...nested.flatMap(([name, value]) => sections(value as object, path === "" ? name : `${path}.${name}`)),
  ];
}
