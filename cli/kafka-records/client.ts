import { connect as connectSecurely } from "node:tls";
import { registerCompressionCodecs } from "@plinth/kit/kafka/compression/codecs.ts";
import { silenceNegativeTimeoutWarnings } from "@plinth/local/negative-timeouts.ts";
import kafkajs, { type Kafka } from "kafkajs";
import type { StackServers } from "../servers/access.ts";

/**
 * A client of the stack's brokers; the addresses that they advertise go through the port-forward.
 */
export function createKafkaClient({ variables, portForward }: Pick<StackServers, "variables" | "portForward">): Kafka {
  silenceNegativeTimeoutWarnings();
  registerCompressionCodecs();
  return new kafkajs.Kafka({
    clientId: "plinth-tools",
    brokers: variables.KAFKA_BROKERS!.split(","),
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 5000,
    // Each of the retries waits as long for a broker that says nothing.
    requestTimeout: 8000,
    retry: { retries: 3, initialRetryTime: 100 },
    ...(portForward && {
      socketFactory: ({ host, port, ssl, onConnect }) => {
        const socket = portForward.connect(host, port);
        return ssl
          ? connectSecurely({ socket, servername: host, ...ssl }, onConnect)
          : socket.once("connect", onConnect);
      },
    }),
  });
}

/** Topic names without the internal ones of brokers and registry. */
export function userTopics(names: readonly string[]): string[] {
  return names.filter((name) => !/^(__|_schemas$|_redpanda)/.test(name)).sort();
}
