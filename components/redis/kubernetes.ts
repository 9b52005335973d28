import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { images } from "../base/images.ts";
import { labels, selector } from "../kubernetes/labels.ts";
import type { Server } from "../kubernetes/network.ts";
import { containerSecurity, podSecurity } from "../kubernetes/security.ts";
import { dataVolumeClaim } from "../kubernetes/volumes.ts";
import type { RedisSettings } from "./redis-cache.ts";

/** The numeric user of both images. */
const REDIS_USER_ID = 999;

/**
 * The Secret that holds a cache's password: as `password`, and as `auth.conf`, which the server
 * reads.
 */
export interface RedisSecret {
  name: pulumi.Input<string>;
  /** Changes with the password, so that the server starts anew with it. */
  hash: pulumi.Input<string>;
}

const flavours = {
  valkey: { server: "valkey-server", cli: "valkey-cli", image: images.valkey },
  redis: { server: "redis-server", cli: "redis-cli", image: images.redis },
};

export function redisServer(name: string, settings: RedisSettings): Server {
  return { workload: name, ports: [settings.port] };
}

export function redisService(name: string, settings: RedisSettings): types.input.core.v1.ServiceSpec {
  return { selector: selector(name), ports: [{ name: "redis", port: settings.port, targetPort: "redis" }] };
}

export function redisStatefulSet(name: string, settings: RedisSettings, secret: RedisSecret | undefined) {
  const persistent = settings.persistence === "appendonly";
  return {
    serviceName: name,
    replicas: 1,
    selector: { matchLabels: selector(name) },
    template: {
      metadata: { labels: labels(name), ...(secret && { annotations: { "plinth.dev/secret-hash": secret.hash } }) },
      spec: {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: podSecurity(REDIS_USER_ID),
        containers: [redisContainer(settings, secret)],
        volumes: [
          ...(persistent ? [] : [{ name: "data", emptyDir: {} }]),
          ...(secret
            ? [{ name: "auth", secret: { secretName: secret.name, items: [{ key: "auth.conf", path: "auth.conf" }] } }]
            : []),
        ],
      },
    },
    ...(persistent && dataVolumeClaim(settings.storage)),
  } satisfies types.input.apps.v1.StatefulSetSpec;
}

function redisContainer(settings: RedisSettings, secret: RedisSecret | undefined): types.input.core.v1.Container {
  const { server, cli, image } = flavours[settings.flavour];
  const { memoryMiB, port } = settings;
  return {
    name: "redis",
    image,
    command: [server],
    args: [...(secret ? ["/etc/plinth/auth.conf"] : []), ...redisArguments(settings)],
    ports: [{ name: "redis", containerPort: port }],
    // The command line tool finds the password here; it never stands in a command.
    ...(secret && {
      env: [{ name: "REDISCLI_AUTH", valueFrom: { secretKeyRef: { name: secret.name, key: "password" } } }],
    }),
    // -e: a server that still loads its file answers with an error, which is no success.
    readinessProbe: { exec: { command: [cli, "-e", "-p", String(port), "ping"] }, periodSeconds: 5, timeoutSeconds: 3 },
    livenessProbe: { tcpSocket: { port: "redis" }, periodSeconds: 10, failureThreshold: 6 },
    // It forks to rewrite its file, so the limit leaves as much again as the data.
    resources: { requests: { cpu: "50m", memory: `${memoryMiB}Mi` }, limits: { memory: `${memoryMiB * 2}Mi` } },
    securityContext: containerSecurity(),
    volumeMounts: [
      { name: "data", mountPath: "/data" },
      ...(secret ? [{ name: "auth", mountPath: "/etc/plinth", readOnly: true }] : []),
    ],
  };
}

function redisArguments({ port, memoryMiB, eviction, persistence }: RedisSettings): string[] {
  return [
    ...["--port", String(port), "--dir", "/data"],
    ...["--maxmemory", `${memoryMiB}mb`, "--maxmemory-policy", eviction],
    ...["--appendonly", persistence === "appendonly" ? "yes" : "no", "--save", ""],
    // Without a password the server would otherwise answer nobody but itself; who may connect is
    // the network policy's business.
    ...["--protected-mode", "no"],
  ];
}
