import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Server } from "../base/endpoint.ts";
import type { Sizes } from "../base/sizes.ts";
import { labels, selector } from "../kubernetes/labels.ts";
import { scrapeAnnotations } from "../kubernetes/metrics.ts";
import { clientLabels } from "../kubernetes/network.ts";
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
/** A terminating pod still receives requests that were already on their way for this long. */
const PRE_STOP_SLEEP_SECONDS = 5;
/** Time for a service to finish its requests; twice the kit's drain deadline of 10 seconds. */
const SHUTDOWN_SECONDS = 20;

export interface DeploymentInputs {
  image: pulumi.Input<string>;
  /** Variables that are not secret. */
  environment: Environment;
  /** The Secret with the other variables, and a hash that changes with its content. */
  secret: { name: string; hash: pulumi.Input<string> };
  /** The service's dependencies inside of the cluster. */
  servers: readonly Server[];
}

export function deploymentSpec(descriptor: LocatedService, sizes: Sizes["service"], inputs: DeploymentInputs) {
  const { name } = descriptor;
  const tmp = scratchVolumes("/tmp");
  return {
    // The autoscaler sets the number of replicas, unless it is fixed.
    ...(sizes.replicas.min === sizes.replicas.max && { replicas: sizes.replicas.min }),
    selector: { matchLabels: selector(name) },
    // A rollout never lowers the number of replicas that serve.
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    template: {
      metadata: {
        labels: { ...labels(name), ...clientLabels(inputs.servers) },
        annotations: {
          "plinth.dev/secret-hash": inputs.secret.hash,
          ...scrapeAnnotations({ port: descriptor.port, path: descriptor.metrics }),
        },
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
  { name, port, probes, metricsPrefix }: LocatedService,
  { resources }: Sizes["service"],
  { image, environment, secret }: DeploymentInputs,
  volumeMounts: types.input.core.v1.VolumeMount[],
): types.input.core.v1.Container {
  const serviceVariables = {
    SERVICE_NAME: name,
    HOST: "0.0.0.0",
    PORT: String(port),
    ...(metricsPrefix !== undefined && { METRICS_PREFIX: metricsPrefix }),
  };
  return {
    name,
    image,
    // No command: the image has one. A descriptor's command runs the sources, on this machine.
    env: Object.entries({ ...environment, ...serviceVariables }).map(([variable, value]) => ({
      name: variable,
      value: escapeDollars(value),
    })),
    envFrom: [{ secretRef: { name: secret.name } }],
    ports: [{ name: "http", containerPort: port }],
    startupProbe: { httpGet: { path: probes.live, port: "http" }, periodSeconds: 2, failureThreshold: 30 },
    // The readiness route waits up to 1.5 seconds for each dependency.
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
 * Kubernetes expands `$(NAME)` and turns `$$` into `$` in a plain value, though not in a Secret's;
 * escaped, a service reads the same text in every runtime.
 */
function escapeDollars(value: pulumi.Input<string>): pulumi.Input<string> {
  const escaped = (text: string) => text.replaceAll("$", "$$$$");
  return typeof value === "string" ? escaped(value) : pulumi.output(value).apply(escaped);
}

/** The version that an image's reference names: its tag, else the first digits of its digest. */
export function imageVersion(image: string): string {
  const [name = "", digest] = image.split("@sha256:");
  const tag = /:([^:/]+)$/.exec(name)?.[1];
  return tag ?? digest?.slice(0, 12) ?? "latest";
}

export function serviceSpec({ name, port }: Pick<LocatedService, "name" | "port">): types.input.core.v1.ServiceSpec {
  return { selector: selector(name), ports: [{ name: "http", port, targetPort: "http" }] };
}
