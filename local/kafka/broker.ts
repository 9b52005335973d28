import { existsSync } from "node:fs";
import { classArchiveFile } from "../locations.ts";
import { type BrokerPorts, formatProperties, log4jProperties, serverProperties } from "./properties.ts";

/** How to start Apache Kafka in KRaft mode: broker and controller in one Java process. */
export interface KafkaBroker {
  /** Arguments of `java`, which must work in the folder. */
  args: string[];
  /** Contents of the files to write before the start, by absolute path. */
  files: Record<string, string>;
  /** Without it, Java reads and writes only file names of ASCII. */
  environment: Record<string, string>;
  ports: BrokerPorts;
}

/**
 * The local broker; the controller takes the port after the broker's. Everything here is state of a
 * stack: a change restarts its broker.
 *
 * @param libraries folder with Kafka's jars
 * @param directory absolute folder for data and configuration
 */
export function kafkaBroker(brokerPort: number, libraries: string, directory: string): KafkaBroker {
  const ports: BrokerPorts = { kafka: brokerPort, controller: brokerPort + 1 };
  return {
    args: [...jvmFlags(), "-cp", `${libraries}/*`, "kafka.Kafka", `${directory}/server.properties`],
    files: {
      [`${directory}/server.properties`]: formatProperties(serverProperties(ports)),
      [`${directory}/log4j2.properties`]: formatProperties(log4jProperties),
      // What `kafka-storage format` writes, without starting Java for it. Kafka keeps its bootstrap
      // record in memory.
      [`${directory}/data/meta.properties`]: formatProperties({
        version: 1,
        "cluster.id": "cGxpbnRoLWxvY2FsLWFhYQ",
        "node.id": 1,
        "directory.id": "cGxpbnRoLWxvY2FsLWRpcg",
      }),
    },
    environment: { LC_ALL: "C.UTF-8" },
    ports,
  };
}

/**
 * A small heap and the quick compiler: here a start within a second matters more than top speed.
 */
function jvmFlags(): string[] {
  const flags = [
    "-Xms64m",
    "-Xmx256m",
    "-Xss512k",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    // A list of addresses: commas and percent signs in an absolute path would have a meaning.
    "-Dlog4j2.configurationFile=log4j2.properties",
  ];
  return existsSync(classArchiveFile())
    ? [`-XX:SharedArchiveFile=${classArchiveFile()}`, "-Xshare:auto", ...flags]
    : flags;
}
