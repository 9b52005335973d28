import { Agent, request } from "node:https";

/** The fields that every kind of Kubernetes object has. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    /** Changes with every effective write. */
    resourceVersion?: string;
    generation?: number;
    /** Set while the object is being deleted. */
    deletionTimestamp?: string;
  };
  [field: string]: unknown;
}

/** What identifies an object. An object will do. */
export type Reference = Pick<KubernetesObject, "apiVersion" | "kind"> & {
  metadata: { name: string; namespace?: string };
};

/** An error answer of the API server, with its `reason`, such as `Forbidden` or `Invalid`. */
export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

interface Kind {
  plural: string;
  namespaced: boolean;
}

/**
 * A client of the API server with an administrator's rights, over a few kept connections. The
 * generated client is not used: it has neither strict field validation nor a server-side apply of
 * any kind.
 */
export class KubernetesApi {
  private readonly server: { url: string; token: string; certificate: string };
  private readonly agent: Agent;
  private readonly kinds = new Map<string, Promise<Map<string, Kind>>>();

  constructor(server: { url: string; token: string; certificate: string }, connections = 32) {
    this.server = server;
    this.agent = new Agent({ keepAlive: true, maxSockets: connections, ca: server.certificate });
  }

  /**
   * Applies server-side with strict validation, as the owner `plinth` that wins conflicts: as the
   * `kubernetes` provider does.
   * @throws {ApiError}
   */
  async apply(manifest: Reference, options: { dryRun?: boolean; manager?: string } = {}): Promise<KubernetesObject> {
    const query = new URLSearchParams({
      fieldManager: options.manager ?? "plinth",
      fieldValidation: "Strict",
      force: "true",
      ...(options.dryRun ? { dryRun: "All" } : {}),
    });
    return (await this.send(
      "PATCH",
      `${await this.path(manifest)}?${query}`,
      manifest,
      "application/apply-patch+yaml",
    )) as KubernetesObject;
  }

  /** @throws {ApiError} with status 404 when there is none */
  async get(reference: Reference): Promise<KubernetesObject> {
    return (await this.send("GET", await this.path(reference))) as KubernetesObject;
  }

  /** @param namespace undefined for all namespaces */
  async list(apiVersion: string, kind: string, namespace?: string): Promise<KubernetesObject[]> {
    const collection = await this.path(
      { apiVersion, kind, metadata: { name: "", ...(namespace ? { namespace } : {}) } },
      true,
    );
    return ((await this.send("GET", collection)) as { items: KubernetesObject[] }).items.map((item) => ({
      ...item,
      apiVersion,
      kind,
    }));
  }

  /** Deletes an object, also a missing one. Pods go at once: nothing in them needs time to end. */
  async delete(reference: Reference): Promise<void> {
    await this.send("DELETE", `${await this.path(reference)}?gracePeriodSeconds=0&propagationPolicy=Background`).catch(
      (error) => {
        if (!(error instanceof ApiError && error.status === 404)) throw error;
      },
    );
  }

  /** True once it serves requests: its caches are filled and its own objects exist. */
  async ready(): Promise<boolean> {
    return this.send("GET", "/readyz").then(
      () => true,
      () => false,
    );
  }

  /** Reads from the API server's metrics how many clients watch a kind, by its plural name. */
  async watchers(plural: string): Promise<number> {
    const metrics = String(await this.send("GET", "/metrics"));
    const lines = metrics.split("\n").filter((line) => line.startsWith("apiserver_longrunning_requests{"));
    const own = lines.filter((line) => line.includes(`resource="${plural}"`) && line.includes('verb="WATCH"'));
    return own.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  }

  close(): void {
    this.agent.destroy();
  }

  private async path({ apiVersion, kind, metadata }: Reference, collection = false): Promise<string> {
    const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { plural, namespaced } = await this.kind(group, kind);
    const namespace = !namespaced
      ? ""
      : metadata.namespace || !collection
        ? `/namespaces/${metadata.namespace ?? "default"}`
        : "";
    return `${group}${namespace}/${plural}${collection ? "" : `/${metadata.name}`}`;
  }

  private async kind(group: string, kind: string): Promise<Kind> {
    if (!this.kinds.has(group)) this.kinds.set(group, this.discover(group));
    const found = await this.kinds.get(group)!.catch((error: unknown) => {
      this.kinds.delete(group);
      throw error;
    });
    if (found.has(kind)) return found.get(kind)!;
    // Its definition may be installed later.
    this.kinds.delete(group);
    throw new ApiError(404, "NotFound", `the API server knows no ${kind} in ${group}`);
  }

  private async discover(group: string): Promise<Map<string, Kind>> {
    const { resources } = (await this.send("GET", group)) as {
      resources: { name: string; kind: string; namespaced: boolean }[];
    };
    const whole = resources.filter(({ name }) => !name.includes("/"));
    return new Map(whole.map(({ name, kind, namespaced }) => [kind, { plural: name, namespaced }]));
  }

  private send(method: string, path: string, body?: unknown, type = "application/json"): Promise<unknown> {
    const { url, token } = this.server;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${token}`,
      ...(text ? { "content-type": type, "content-length": Buffer.byteLength(text) } : {}),
    };
    return new Promise((resolve, reject) => {
      const sent = request(`${url}${path}`, { method, agent: this.agent, headers }, (response) => {
        let answer = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          answer += chunk;
        });
        response.once("error", reject);
        response.once("end", () => {
          const status = response.statusCode ?? 0;
          if (status < 300) return resolve(answer.startsWith("{") ? JSON.parse(answer) : answer);
          const { reason, message } = answer.startsWith("{") ? JSON.parse(answer) : { reason: "", message: answer };
          reject(new ApiError(status, reason ?? "", message ?? ""));
        });
      });
      sent.once("error", reject);
      sent.end(text);
    });
  }
}

/** True if the object's status has the condition. */
export function isReady(object: KubernetesObject, condition = "Ready"): boolean {
  const { conditions } = (object.status ?? {}) as { conditions?: { type: string; status: string }[] };
  return (conditions ?? []).some(({ type, status }) => type === condition && status === "True");
}
