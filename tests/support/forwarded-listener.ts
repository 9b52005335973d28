import type { ProcessSpec } from "@plinth/runtime/supervisor/spec.ts";

/** The first broker of the namespace `dev-infra`, as a stack names its own. */
export const BROKER_IN_CLUSTER = "redpanda-0.redpanda-brokers.dev-infra.svc.cluster.local:9092";

/** A broker that tells whoever comes by `port` of this machine to find it under its name in a cluster. Of two lines for one property, Kafka takes the later. */
export function withForwardedListener(spec: ProcessSpec, port: number): ProcessSpec {
  const file = Object.keys(spec.files).find((path) => path.endsWith("server.properties"))!;
  const text = spec.files[file]!;
  const more = ["listeners", "advertised.listeners"].map((name) => {
    const already = new RegExp(`^${name.replace(".", "\\.")}=(.*)$`, "m").exec(text)![1];
    return `${name}=${already},FORWARDED://${name === "listeners" ? `127.0.0.1:${port}` : BROKER_IN_CLUSTER}\n`;
  });
  const protocols = ["PLAINTEXT", "FORWARDED", "CONTROLLER"].map((name) => `${name}:PLAINTEXT`).join(",");
  const named = `listener.security.protocol.map=${protocols}\ninter.broker.listener.name=PLAINTEXT\n`;
  return { ...spec, files: { ...spec.files, [file]: text + more.join("") + named } };
}
