import { text } from "node:stream/consumers";
import { PageError } from "@plinth/local/page/model/page-error.ts";
import type { Resource } from "@plinth/local/page/model/resource.ts";
import type { ResourceSource } from "@plinth/local/page/model/sources.ts";
import type { SecretMask } from "@plinth/local/page/sources/secrets.ts";
import { ApiError, type ApiServer } from "@plinth/providers/clients/kubernetes/api-server.ts";
import { parseQuantity } from "../budget/quantity.ts";
import { type PodUsage, toResources, type WorkloadPod, workloadOf } from "./workloads.ts";

interface PodMetrics {
  items: { metadata: { name: string }; containers: { usage: { cpu: string; memory: string } }[] }[];
}

/** A longer line is not waited for. */
const MAX_REST = 65_536;

/** The workloads of a namespace, read through the API server. */
export class ClusterResources implements ResourceSource {
  private readonly server: Pick<ApiServer, "get" | "stream">;
  private readonly namespace: string;
  private readonly uses: ReadonlyMap<string, string[]>;
  private readonly mask: SecretMask;

  constructor(
    server: Pick<ApiServer, "get" | "stream">,
    namespace: string,
    uses: ReadonlyMap<string, string[]>,
    mask: SecretMask,
  ) {
    this.server = server;
    this.namespace = namespace;
    this.uses = uses;
    this.mask = mask;
  }

  async list(): Promise<Resource[]> {
    const [pods, usage] = await Promise.all([this.pods(), this.usage()]);
    return toResources(pods, { namespace: this.namespace, uses: this.uses, usage, mask: this.mask });
  }

  /** Of the workload's newest pod. */
  async console(name: string, bytes: number): Promise<string> {
    const path = await this.logPath(name, bytes);
    const body = await this.server.stream(path, AbortSignal.timeout(10_000));
    // Masked first: the beginning of what is shown may be within a secret.
    return this.mask.text(await text(body)).slice(-bytes);
  }

  async *followConsole(name: string, bytes: number, signal: AbortSignal): AsyncGenerator<string> {
    const path = await this.logPath(name, bytes);
    const body = await this.server.stream(`${path}&follow=true`, signal);
    // Whole lines, as a chunk may end within a secret.
    let rest = "";
    for await (const chunk of body.setEncoding("utf8")) {
      rest += String(chunk);
      const cut = rest.length > MAX_REST ? rest.length : rest.lastIndexOf("\n") + 1;
      if (cut > 0) yield this.mask.text(rest.slice(0, cut));
      rest = rest.slice(cut);
    }
    if (rest !== "") yield this.mask.text(rest);
  }

  private async logPath(name: string, bytes: number): Promise<string> {
    const pod = (await this.pods())
      .filter((each) => workloadOf(each) === name)
      .sort((a, b) => ((a.metadata.creationTimestamp ?? "") < (b.metadata.creationTimestamp ?? "") ? 1 : -1))[0];
    if (pod === undefined) throw new PageError(404, `There is no workload '${name}' in ${this.namespace}`);
    const lines = Math.ceil(bytes / 100);
    const container = encodeURIComponent(pod.spec.containers[0]!.name);
    return `/api/v1/namespaces/${this.namespace}/pods/${pod.metadata.name}/log?container=${container}&tailLines=${lines}`;
  }

  private async pods(): Promise<WorkloadPod[]> {
    const path = `/api/v1/namespaces/${this.namespace}/pods`;
    return ((await this.server.get(path)) as { items: WorkloadPod[] }).items;
  }

  /** Empty where the cluster has no metrics server, as many local ones. */
  private async usage(): Promise<Map<string, PodUsage>> {
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${this.namespace}/pods`;
    const found = (await this.server.get(path).catch((error: unknown) => {
      if (error instanceof ApiError) return { items: [] };
      throw error;
    })) as PodMetrics;
    return new Map(
      found.items.map(({ metadata, containers }) => {
        const sum = (of: "cpu" | "memory") =>
          containers.reduce((total, { usage }) => total + parseQuantity(usage[of]), 0);
        return [metadata.name, { cpu: sum("cpu"), memory: sum("memory") }];
      }),
    );
  }
}
