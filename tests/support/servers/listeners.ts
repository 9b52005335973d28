import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";

/** The address of the first broker of a stack in the namespace `dev-infra`. */
export const BROKER_IN_CLUSTER = "redpanda-0.redpanda-brokers.dev-infra.svc.cluster.local:9092";

/** An additional listener of a broker. */
export interface Listener {
  /** Port of this machine. */
  port: number;
  /** The address that the broker advertises on this listener: `host:port`. */
  advertised: string;
}

/** Adds named listeners to a broker. Kafka takes the later of two lines for one property. */
export function withListeners(spec: ProcessSpec, listeners: Readonly<Record<string, Listener>>): ProcessSpec {
  const file = Object.keys(spec.files).find((path) => path.endsWith("server.properties"))!;
  const text = spec.files[file]!;
  const addresses: [property: string, of: (listener: Listener) => string][] = [
    ["listeners", ({ port }) => `127.0.0.1:${port}`],
    ["advertised.listeners", ({ advertised }) => advertised],
  ];
  const more = addresses.map(([property, of]) => {
    const existing = new RegExp(`^${property.replace(".", "\\.")}=(.*)$`, "m").exec(text)![1];
    const additional = Object.entries(listeners).map(([name, listener]) => `${name}://${of(listener)}`);
    return `${property}=${[existing, ...additional].join(",")}\n`;
  });
  const protocols = ["PLAINTEXT", "CONTROLLER", ...Object.keys(listeners)].map((name) => `${name}:PLAINTEXT`).join(",");
  const protocolMap = `listener.security.protocol.map=${protocols}\ninter.broker.listener.name=PLAINTEXT\n`;
  return { ...spec, files: { ...spec.files, [file]: text + more.join("") + protocolMap } };
}
