import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Sizes } from "../base/sizes.ts";
import { labels, selector } from "../kubernetes/labels.ts";
import { clientLabels, type Server } from "../kubernetes/network.ts";
import { topologySpread } from "../kubernetes/placement.ts";
import { containerSecurity, podSecurity } from "../kubernetes/security.ts";
import { scratchVolumes } from "../kubernetes/volumes.ts";
import type { LocatedService } from "./descriptor.ts";
import type { Environment } from "./environment.ts";

/**
 * `node` in the image of `services/Dockerfile`, and the user of every Dockerfile that
 * `make add-service` writes.
 */
export const SERVICE_USER_ID = 1000;
/** Requests that are on their way to a pod that was told to end still come in for so long. */
const PRE_STOP_SLEEP_SECONDS = 5;
/**
 * What a service may take to end the work that it has, at most (the kit's deadline is 10), and then
 * some.
 */
const SHUTDOWN_SECONDS = 20;

export interface DeploymentInputs {
  image: pulumi.Input<string>;
  /** The environment contract without its secrets. */
  environment: Environment;
  /** Secret with the rest of it, and what changes when that does. */
  secret: { name: string; hash: pulumi.Input<string> };
  /** What the service depends on inside of the cluster. */
  servers: readonly Server[];
}

export function deploymentSpec(descriptor: LocatedService, sizes: Sizes["service"], inputs: DeploymentInputs) {
  const { name } = descriptor;
  const tmp = scratchVolumes("/tmp");
  return {
    // How many replicas there are is the autoscaler's business, but for those that there is nothing
    // to decide on.
    ...(sizes.replicas.min === sizes.replicas.max && { replicas: sizes.replicas.min }),
    selector: { matchLabels: selector(name) },
    // Never fewer that serve than before.
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    template: {
      metadata: {
        labels: { ...labels(name), ...clientLabels(inputs.servers) },
        annotations: { "plinth.dev/secret-hash": inputs.secret.hash },
      },
      spec: {
        serviceAccountName: name,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: PRE_STOP_SLEEP_SECONDS + SHUTDOWN_SECONDS + 5,
        securityContext: podSecurity(SERVICE_USER_ID),
        topologySpreadConstraints: topologySpread(name),
        containers: [serviceContainer(descriptor, sizes, inputs, tmp.mounts)],
        volumes: tmp.volumes,
      },
    },
  } satisfies types.input.apps.v1.DeploymentSpec;
}

function serviceContainer(
  { name, port, probes }: LocatedService,
  { resources }: Sizes["service"],
  { image, environment, secret }: DeploymentInputs,
  volumeMounts: types.input.core.v1.VolumeMount[],
): types.input.core.v1.Container {
  const own = { SERVICE_NAME: name, HOST: "0.0.0.0", PORT: String(port) };
  return {
    name,
    image,
    // How it runs, its image says; a descriptor's command is for processes of this machine, where
    // the sources are.
    env: Object.entries({ ...environment, ...own }).map(([variable, value]) => ({
      name: variable,
      value: escapeDollars(value),
    })),
    envFrom: [{ secretRef: { name: secret.name } }],
    ports: [{ name: "http", containerPort: port }],
    startupProbe: { httpGet: { path: probes.live, port: "http" }, periodSeconds: 2, failureThreshold: 30 },
    // The service asks each of its parts for up to 1.5 seconds.
    readinessProbe: { httpGet: { path: probes.ready, port: "http" }, periodSeconds: 5, timeoutSeconds: 3 },
    livenessProbe: {
      httpGet: { path: probes.live, port: "http" },
      periodSeconds: 10,
      timeoutSeconds: 3,
      failureThreshold: 3,
    },
    lifecycle: { preStop: { sleep: { seconds: PRE_STOP_SLEEP_SECONDS } } },
    resources,
    securityContext: containerSecurity(),
    volumeMounts,
  };
}

/**
 * Kubernetes would put other variables in the place of `$(NAME)`, and one `$` in that of two; in a
 * process, and in a Secret, a value is a value.
 */
function escapeDollars(value: pulumi.Input<string>): pulumi.Input<string> {
  const escaped = (text: string) => text.replaceAll("$", "$$$$");
  return typeof value === "string" ? escaped(value) : pulumi.output(value).apply(escaped);
}

/** What an image calls its content: its tag, or without one the beginning of its digest. */
export function imageVersion(image: string): string {
  const [name = "", digest] = image.split("@sha256:");
  const tag = /:([^:/]+)$/.exec(name)?.[1];
  return tag ?? digest?.slice(0, 12) ?? "latest";
}

export function serviceSpec({ name, port }: Pick<LocatedService, "name" | "port">): types.input.core.v1.ServiceSpec {
  return { selector: selector(name), ports: [{ name: "http", port, targetPort: "http" }] };
}
