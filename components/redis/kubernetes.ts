import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Server } from "../base/endpoint.ts";
import { images } from "../base/images.ts";
import { labels, selector } from "../kubernetes/labels.ts";
import { containerSecurity, podSecurity } from "../kubernetes/security.ts";
import { dataVolumeClaim } from "../kubernetes/volumes.ts";
import type { RedisSettings } from "./settings.ts";

/** The numeric user of both images. */
const REDIS_USER_ID = 999;

/** The Secret with a cache's password: as `password`, and in `auth.conf` for the server. */
export interface RedisSecret {
  name: pulumi.Input<string>;
  /** Changes with the password, so that the server restarts with it. */
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
    // redis-cli reads the password here, so no command line holds it.
    ...(secret && {
      env: [{ name: "REDISCLI_AUTH", valueFrom: { secretKeyRef: { name: secret.name, key: "password" } } }],
    }),
    // -e: fail on an error answer, which a server gives while it still loads its file.
    readinessProbe: { exec: { command: [cli, "-e", "-p", String(port), "ping"] }, periodSeconds: 5, timeoutSeconds: 3 },
    livenessProbe: { tcpSocket: { port: "redis" }, periodSeconds: 10, failureThreshold: 6 },
    // The server forks to rewrite its file, which can double its memory.
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
    // Protected mode without a password admits loopback alone; network policies decide here.
    ...["--protected-mode", "no"],
  ];
}
