import { connect as connectSecurely } from "node:tls";
import { readCompressed } from "@plinth/kit/compression.ts";
import { silenceNegativeTimeouts } from "@plinth/runtime/negative-timeouts.ts";
import kafkajs, { type Kafka } from "kafkajs";
import type { Reached } from "../reach.ts";

/** A client of the stack's brokers; what the brokers say of themselves is reached through the cluster, too. */
export function kafkaOf({ variables, tunnel }: Pick<Reached, "variables" | "tunnel">): Kafka {
  silenceNegativeTimeouts();
  readCompressed();
  return new kafkajs.Kafka({
    clientId: "plinth-tools",
    brokers: variables.KAFKA_BROKERS!.split(","),
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 5000,
    retry: { retries: 3, initialRetryTime: 100 },
    ...(tunnel && {
      socketFactory: ({ host, port, ssl, onConnect }) => {
        const socket = tunnel.connect(host, port);
        return ssl ? connectSecurely({ socket, servername: host, ...ssl }, onConnect) : socket.once("connect", onConnect);
      },
    }),
  });
}

/** Names of topics, without those that brokers and registry keep for themselves. */
export function ownTopics(names: readonly string[]): string[] {
  return names.filter((name) => !/^(__|_schemas$|_redpanda)/.test(name)).sort();
}
