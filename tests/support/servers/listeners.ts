import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";

/** The first broker of the namespace `dev-infra`, as a stack names its own. */
export const BROKER_IN_CLUSTER = "redpanda-0.redpanda-brokers.dev-infra.svc.cluster.local:9092";

/** A further way to a broker. */
export interface Listener {
  /** Of this machine. */
  port: number;
  /** Where the broker tells those who come this way to find it: `host:port`. */
  advertised: string;
}

/**
 * A broker with further listeners, each under a name of its own. Of two lines for one property,
 * Kafka takes the later.
 */
export function withListeners(spec: ProcessSpec, listeners: Readonly<Record<string, Listener>>): ProcessSpec {
  const file = Object.keys(spec.files).find((path) => path.endsWith("server.properties"))!;
  const text = spec.files[file]!;
  const addresses: [property: string, of: (listener: Listener) => string][] = [
    ["listeners", ({ port }) => `127.0.0.1:${port}`],
    ["advertised.listeners", ({ advertised }) => advertised],
  ];
  const more = addresses.map(([property, of]) => {
    const already = new RegExp(`^${property.replace(".", "\\.")}=(.*)$`, "m").exec(text)![1];
    const further = Object.entries(listeners).map(([name, listener]) => `${name}://${of(listener)}`);
    return `${property}=${[already, ...further].join(",")}\n`;
  });
  const protocols = ["PLAINTEXT", "CONTROLLER", ...Object.keys(listeners)].map((name) => `${name}:PLAINTEXT`).join(",");
  const named = `listener.security.protocol.map=${protocols}\ninter.broker.listener.name=PLAINTEXT\n`;
  return { ...spec, files: { ...spec.files, [file]: text + more.join("") + named } };
}
