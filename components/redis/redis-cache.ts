import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { Process } from "@plinth/providers/process.ts";
import type { types } from "@pulumi/kubernetes";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import * as pulumi from "@pulumi/pulumi";
import {
  applyTransform,
  type KubernetesRuntime,
  offsetPort,
  onRuntime,
  PlatformComponent,
  type ProcessRuntime,
  type Runtime,
  type Transform,
} from "../base/component.ts";
import { type ExternalCache, externalCacheEndpoint } from "../citus/external.ts";
import { secretHash } from "../config/passwords.ts";
import { labels } from "../kubernetes/labels.ts";
import { StatefulWorkload } from "../kubernetes/stateful-workload.ts";
import type { Endpoint } from "../service/environment.ts";
import { redisServer, redisService, redisStatefulSet } from "./kubernetes.ts";
import { redisProcess } from "./process.ts";

export interface RedisCacheArgs {
  runtime: Runtime;
  /** TCP port that clients connect to. @default 6379, moved by the stack's port offset */
  port?: number;
  /** Memory after which keys are evicted, in MiB; at least 16. @default 256 */
  memoryMiB?: number;
  /** Which keys go when the memory is full, by the server's own names. @default "allkeys-lfu" */
  eviction?: "allkeys-lfu" | "allkeys-lru" | "volatile-lfu" | "volatile-lru" | "volatile-ttl" | "noeviction";
  /** What survives a restart. `none`: a cache, nothing does. @default "none" */
  persistence?: "none" | "appendonly";
  /** Size of the volume where something survives, as in "4Gi"; Kubernetes only. @default "1Gi" */
  storage?: string;
  /**
   * Which program serves; Kubernetes only. Redis from 8 on is not under a permissive licence.
   * @default "valkey"
   */
  flavour?: "valkey" | "redis";
  /** Kubernetes only. @default none: whoever the network policy lets in */
  password?: pulumi.Input<string> | undefined;
  /** A server that somebody else runs, instead of one made here. */
  external?: ExternalCache | undefined;
  transform?: { process?: Transform<ProcessSpec>; statefulSet?: Transform<types.input.apps.v1.StatefulSetSpec> };
}

export type RedisSettings = Required<Omit<RedisCacheArgs, "runtime" | "password" | "external" | "transform">>;

/**
 * A cache that speaks the Redis protocol. One server: its loss is a cold cache, not lost data; what
 * must not be lost belongs into the database.
 *
 * @example
 * const cache = new RedisCache("redis", { runtime, memoryMiB: 512 });
 * new MicroserviceApp("wallet", { runtime, descriptor, platform: { ...platform, cache: cache.endpoint } });
 */
export class RedisCache extends PlatformComponent {
  /** `redis://host:port`; resolves when the server accepts connections. */
  readonly endpoint: Endpoint;

  constructor(name: string, args: RedisCacheArgs, opts?: pulumi.ComponentResourceOptions) {
    super("RedisCache", name, args.runtime, opts);
    const settings = resolveRedisSettings(args);
    this.endpoint = args.external
      ? externalCacheEndpoint(args.external, args.password)
      : onRuntime<Endpoint>(args.runtime, {
          process: (runtime) => this.createProcess(settings, runtime, args.transform),
          kubernetes: (runtime) => this.createWorkload(settings, runtime, args),
        });
    this.registerOutputs({ url: this.endpoint.url });
  }

  private createProcess(
    settings: RedisSettings,
    runtime: ProcessRuntime,
    hooks: RedisCacheArgs["transform"],
  ): Endpoint {
    const spec = applyTransform(hooks?.process, redisProcess(settings, `${runtime.directory}/${this.name}`));
    const server = new Process(this.childName("server"), { runtime, process: "redis", spec }, { parent: this });
    return { url: pulumi.interpolate`redis://localhost:${server.port("redis")}`, secret: false };
  }

  private createWorkload(settings: RedisSettings, runtime: KubernetesRuntime, args: RedisCacheArgs): Endpoint {
    const password = args.password === undefined ? undefined : pulumi.secret(args.password);
    const server = redisServer(this.name, settings);
    const pods = new StatefulWorkload(
      this.name,
      {
        runtime,
        server,
        services: { [this.name]: redisService(this.name, settings) },
        spec: redisStatefulSet(this.name, settings, password && this.createAuthSecret(password, runtime)),
        transform: args.transform?.statefulSet,
      },
      { parent: this },
    );
    // Built from what the cluster answered, so the endpoint is known only when its server is ready.
    const host = pulumi.interpolate`${this.name}.${pods.namespace}.svc.cluster.local:${settings.port}`;
    const url =
      password === undefined
        ? pulumi.interpolate`redis://${host}`
        : pulumi.interpolate`redis://:${password.apply(encodeURIComponent)}@${host}`;
    return { url, secret: password !== undefined, server };
  }

  private createAuthSecret(password: pulumi.Output<string>, { namespace }: KubernetesRuntime) {
    const metadata = { name: `${this.name}-auth`, namespace, labels: labels(this.name) };
    // Quoted: a password of somebody's own may hold what ends a word there.
    const stringData = {
      password,
      "auth.conf": pulumi.interpolate`requirepass ${password.apply((text) => JSON.stringify(text))}\n`,
    };
    const secret = new Secret(this.childName("auth"), { metadata, stringData }, { parent: this });
    return { name: secret.metadata.name, hash: secretHash(password) };
  }
}

/** Defaults and bounds, apart from any resource so that a table of cases can test them. */
export function resolveRedisSettings(args: Omit<RedisCacheArgs, "password">): RedisSettings {
  const settings = {
    port: args.port ?? offsetPort(args.runtime, 6379),
    memoryMiB: args.memoryMiB ?? 256,
    eviction: args.eviction ?? "allkeys-lfu",
    persistence: args.persistence ?? "none",
    storage: args.storage ?? "1Gi",
    flavour: args.flavour ?? "valkey",
  };
  if (settings.memoryMiB < 16)
    throw new Error(`RedisCache: memoryMiB is ${settings.memoryMiB}, but at least 16 is needed`);
  return settings;
}
