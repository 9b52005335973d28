import type { ProcessSpec } from "@plinth/runtime/supervisor/spec.ts";
import * as pulumi from "@pulumi/pulumi";
import { onRuntime, PlatformComponent, type ProcessRuntime, type Runtime, type Transform, transform } from "./component.ts";
import { redisProcess } from "./process/redis.ts";
import { Process } from "./providers/process.ts";

export interface RedisCacheArgs {
  runtime: Runtime;
  /** TCP port that clients connect to. @default 6379, moved by the stack's port offset */
  port?: number;
  /** Memory after which keys are evicted, in MiB; at least 16. @default 256 */
  memoryMiB?: number;
  /** What survives a restart. `none`: a cache, nothing does. @default "none" */
  persistence?: "none" | "appendonly";
  transform?: { process?: Transform<ProcessSpec> };
}

export type RedisSettings = Required<Pick<RedisCacheArgs, "port" | "memoryMiB" | "persistence">>;

/**
 * A cache that speaks the Redis protocol.
 *
 * @example
 * const cache = new RedisCache("redis", { runtime, memoryMiB: 512 });
 * new MicroserviceApp("wallet", { runtime, descriptor, needs: { cache } });
 */
export class RedisCache extends PlatformComponent {
  /** `redis://host:port`; resolves when the server accepts connections. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: RedisCacheArgs, opts?: pulumi.ComponentResourceOptions) {
    super("RedisCache", name, opts);
    const settings = resolveRedisSettings(args);
    this.url = onRuntime(args.runtime, {
      process: (runtime) => this.start(settings, runtime, args.transform),
    });
    this.registerOutputs({ url: this.url });
  }

  private start(settings: RedisSettings, runtime: ProcessRuntime, hooks: RedisCacheArgs["transform"]): pulumi.Output<string> {
    const spec = transform(hooks?.process, redisProcess(settings, `${runtime.directory}/${this.name}`));
    const server = new Process(this.child("server"), { runtime, process: "redis", spec }, { parent: this });
    return pulumi.interpolate`redis://localhost:${server.port("redis")}`;
  }
}

/** Defaults and bounds, apart from any resource so that a table of cases can test them. */
export function resolveRedisSettings(args: RedisCacheArgs): RedisSettings {
  const settings = {
    port: args.port ?? 6379 + args.runtime.portOffset,
    memoryMiB: args.memoryMiB ?? 256,
    persistence: args.persistence ?? "none",
  };
  if (settings.memoryMiB < 16) throw new Error(`RedisCache: memoryMiB is ${settings.memoryMiB}, but at least 16 is needed`);
  return settings;
}
