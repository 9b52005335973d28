import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { Process } from "@plinth/providers/process.ts";
import type { types } from "@pulumi/kubernetes";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../base/component.ts";
import type { Endpoint } from "../base/endpoint.ts";
import { type KubernetesRuntime, onRuntime, type ProcessRuntime, type Runtime } from "../base/runtime.ts";
import { secretHash } from "../base/secret-hash.ts";
import { applyTransform, type Transform } from "../base/transform.ts";
import { objectMetadata } from "../kubernetes/metadata.ts";
import { StatefulWorkload } from "../kubernetes/stateful-workload.ts";
import { type ExternalCache, externalCacheEndpoint } from "./external.ts";
import { type RedisSecret, redisServer, redisService, redisStatefulSet } from "./kubernetes.ts";
import { redisProcess } from "./process.ts";
import { type RedisOptions, type RedisSettings, resolveRedisSettings } from "./settings.ts";

export interface RedisCacheArgs extends RedisOptions {
  runtime: Runtime;
  /** Kubernetes only. @default none: every pod that the network policy admits may connect */
  password?: pulumi.Input<string> | undefined;
  /** A server outside of the stack to use instead of one in it. */
  external?: ExternalCache | undefined;
  transform?: { process?: Transform<ProcessSpec>; statefulSet?: Transform<types.input.apps.v1.StatefulSetSpec> };
}

/**
 * A cache that speaks the Redis protocol. It is one server: losing it means a cold cache, so data
 * that must survive belongs in the database.
 *
 * @example
 * const cache = new RedisCache("redis", { runtime, memoryMiB: 512 });
 * const platform = { database, cache: cache.endpoint, broker, registry };
 * new MicroserviceApp("wallet", { runtime, descriptor, platform });
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
    transform: RedisCacheArgs["transform"],
  ): Endpoint {
    const spec = applyTransform(transform?.process, redisProcess(settings, `${runtime.directory}/${this.name}`));
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
    // An output of the workload, so that the endpoint resolves when the server is ready.
    const host = pulumi.interpolate`${this.name}.${pods.namespace}.svc.cluster.local:${settings.port}`;
    const url =
      password === undefined
        ? pulumi.interpolate`redis://${host}`
        : pulumi.interpolate`redis://:${password.apply(encodeURIComponent)}@${host}`;
    return { url, secret: password !== undefined, server };
  }

  private createAuthSecret(password: pulumi.Output<string>, runtime: KubernetesRuntime): RedisSecret {
    const metadata = objectMetadata(this.name, runtime, `${this.name}-auth`);
    // Quoted: a configured password may hold characters that end a word in this file.
    const stringData = {
      password,
      "auth.conf": pulumi.interpolate`requirepass ${password.apply((text) => JSON.stringify(text))}\n`,
    };
    const secret = new Secret(this.childName("auth"), { metadata, stringData }, { parent: this });
    return { name: secret.metadata.name, hash: secretHash(password) };
  }
}
