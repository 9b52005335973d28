import { existsSync } from "node:fs";
import { classArchiveFile, findProgram, kafkaDirectory, root } from "@plinth/local/locations.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { sourceRevision } from "../base/source-revision.ts";
import { processDefaults, requireInstalled } from "../process/defaults.ts";
import type { RedpandaSettings } from "./redpanda-cluster.ts";

type RedpandaPorts = Pick<RedpandaSettings, "brokerPort" | "registryPort">;

/**
 * Apache Kafka in KRaft mode, broker and controller in one process, stands in for Redpanda: the
 * same protocol.
 */
export function brokerProcess(settings: RedpandaPorts, directory: string): ProcessSpec {
  const java = requireInstalled(findProgram("java"), "Java");
  const libraries = requireInstalled(
    existsSync(`${kafkaDirectory()}/libs`) ? `${kafkaDirectory()}/libs` : undefined,
    "Apache Kafka",
  );
  const controllerPort = settings.brokerPort + 1;
  return {
    ...processDefaults(directory),
    command: java,
    args: [...jvmFlags(directory), "-cp", `${libraries}/*`, "kafka.Kafka", `${directory}/server.properties`],
    files: {
      [`${directory}/server.properties`]: formatProperties(serverProperties(settings, controllerPort, directory)),
      [`${directory}/log4j2.properties`]: formatProperties(log4jProperties),
      // What `kafka-storage format` writes, without its JVM start; Kafka keeps its own bootstrap
      // record in memory.
      [`${directory}/data/meta.properties`]: formatProperties({
        version: 1,
        "cluster.id": "cGxpbnRoLWxvY2FsLWFhYQ",
        "node.id": 1,
        "directory.id": "cGxpbnRoLWxvY2FsLWRpcg",
      }),
    },
    ports: { kafka: settings.brokerPort, controller: controllerPort },
    ready: { kind: "tcp", port: settings.brokerPort },
    stop: { signal: "SIGTERM", graceSeconds: 20 },
  };
}

export function registryProcess(settings: RedpandaPorts, directory: string): ProcessSpec {
  return {
    ...processDefaults(directory),
    command: process.execPath,
    // It waits for the broker far more than it computes: small young generation, no optimizing
    // compilers, a third less memory.
    args: ["--max-semi-space-size=1", "--no-opt", "--no-maglev", `${root}/local/schema-registry/main.ts`],
    environment: {
      KAFKA_BROKERS: `localhost:${settings.brokerPort}`,
      SCHEMA_REGISTRY_PORT: String(settings.registryPort),
    },
    ports: { registry: settings.registryPort },
    ready: { kind: "http", port: settings.registryPort, path: "/subjects" },
    revision: sourceRevision(["local/schema-registry", "schemas/avro"]),
  };
}

function jvmFlags(directory: string): string[] {
  // A small heap and the quick compiler: a broker that starts in a second matters more here than
  // its top speed.
  const flags = [
    "-Xms64m",
    "-Xmx256m",
    "-Xss512k",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    `-Dlog4j2.configurationFile=${directory}/log4j2.properties`,
  ];
  return existsSync(classArchiveFile())
    ? [`-XX:SharedArchiveFile=${classArchiveFile()}`, "-Xshare:auto", ...flags]
    : flags;
}

function serverProperties(settings: RedpandaPorts, controllerPort: number, directory: string) {
  return {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
    "controller.listener.names": "CONTROLLER",
    listeners: `PLAINTEXT://127.0.0.1:${settings.brokerPort},CONTROLLER://127.0.0.1:${controllerPort}`,
    "advertised.listeners": `PLAINTEXT://localhost:${settings.brokerPort}`,
    "log.dirs": `${directory}/data`,
    // Topics are declared; a misspelt name must be an error.
    "auto.create.topics.enable": false,
    // There is one broker to hold replicas.
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    // Fewer partitions to open at a start, smaller buffers at rest.
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.num.partitions": 4,
    "log.cleaner.dedupe.buffer.size": 8 << 20,
    "num.io.threads": 4,
    "num.network.threads": 2,
    "background.threads": 2,
    // A lone consumer need not wait for others to join.
    "group.initial.rebalance.delay.ms": 0,
    // A killed broker stays fenced until its old session ends: the default would make that nine
    // seconds.
    "broker.session.timeout.ms": 1000,
    "broker.heartbeat.interval.ms": 200,
  };
}

const log4jProperties = {
  status: "error",
  "appender.console.type": "Console",
  "appender.console.name": "console",
  "appender.console.layout.type": "PatternLayout",
  "appender.console.layout.pattern": "%d{ISO8601} %p %c{1} %m%n",
  "rootLogger.level": "warn",
  "rootLogger.appenderRef.console.ref": "console",
};

function formatProperties(values: Record<string, string | number | boolean>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
