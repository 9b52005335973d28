import { type RecordedProgram, secretFields } from "./recorded-program.ts";

interface Deployment {
  spec: {
    template: { metadata: { labels: object }; spec: { containers: { env: { name: string; value: string }[] }[] } };
  };
}

interface Policy {
  spec: { egress: { to?: unknown; ports: { port: number }[] }[] };
}

/** What the pods of a service are configured with, and what they may reach. */
export interface ServicePods {
  /** Variables in the manifest. */
  plain: Record<string, string>;
  /** Names of the variables in the Secret. */
  secret: string[];
  /** Labels of the workloads in the cluster that the pods depend on. */
  uses: string[];
  /** TCP ports that the pods may reach anywhere. */
  externalPorts: number[];
}

export function servicePods(program: RecordedProgram, service: string): ServicePods {
  const deployment = program.only("Deployment", `${service}-pods`).inputs as unknown as Deployment;
  const policy = program.only("NetworkPolicy", `${service}-egress`).inputs as unknown as Policy;
  const { metadata, spec } = deployment.spec.template;
  const prefix = `${service}-environment.stringData.`;
  return {
    plain: Object.fromEntries(spec.containers[0]!.env.map(({ name, value }) => [name, value])),
    secret: secretFields(program).flatMap((field) => (field.startsWith(prefix) ? [field.slice(prefix.length)] : [])),
    uses: Object.keys(metadata.labels).filter((label) => label.startsWith("plinth.dev/uses-")),
    externalPorts: policy.spec.egress
      .filter(({ to }) => to === undefined)
      .flatMap(({ ports }) => ports.map(({ port }) => port)),
  };
}

/** Names of the StatefulSets of a program, without those of the observability stack. */
export function statefulSets(program: RecordedProgram): string[] {
  return allStatefulSets(program).filter((name) => !name.endsWith(SERVER_SUFFIX));
}

/** Names of the servers of a program's observability stack. */
export function observabilityServers(program: RecordedProgram): string[] {
  return allStatefulSets(program).flatMap((name) =>
    name.endsWith(SERVER_SUFFIX) ? [name.slice(0, -SERVER_SUFFIX.length)] : [],
  );
}

const SERVER_SUFFIX = "-server-pods";

function allStatefulSets({ lines }: RecordedProgram): string[] {
  return lines.filter((line) => line.startsWith("StatefulSet ")).map((line) => line.split(" ")[1]!);
}
