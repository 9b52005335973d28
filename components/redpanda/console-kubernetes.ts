import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Server } from "../base/endpoint.ts";
import { images } from "../base/images.ts";
import { labels, selector } from "../kubernetes/labels.ts";
import { clientLabels } from "../kubernetes/network.ts";
import { containerSecurity, podSecurity } from "../kubernetes/security.ts";

const PORT = 8080;
const CONSOLE_USER_ID = 99;

/** Pods of the web console. No policy admits a client: a person reaches them by port-forward. */
export function consoleDeployment(
  workload: string,
  broker: Server,
  { brokers, schemaRegistryUrl }: { brokers: pulumi.Input<string>; schemaRegistryUrl: pulumi.Input<string> },
  image: string = images.console,
) {
  const probe = { httpGet: { path: "/admin/health", port: "http" } };
  return {
    replicas: 1,
    selector: { matchLabels: selector(workload) },
    template: {
      metadata: { labels: { ...labels(workload), ...clientLabels([broker]) } },
      spec: {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: podSecurity(CONSOLE_USER_ID),
        containers: [
          {
            name: "console",
            image,
            env: Object.entries({
              KAFKA_BROKERS: brokers,
              SCHEMAREGISTRY_ENABLED: "true",
              SCHEMAREGISTRY_URLS: schemaRegistryUrl,
            }).map(([name, value]) => ({ name, value })),
            ports: [{ name: "http", containerPort: PORT }],
            readinessProbe: { ...probe, periodSeconds: 10 },
            livenessProbe: { ...probe, periodSeconds: 20, failureThreshold: 6 },
            resources: { requests: { cpu: "20m", memory: "96Mi" }, limits: { memory: "256Mi" } },
            securityContext: containerSecurity(),
          },
        ],
      },
    },
  } satisfies types.input.apps.v1.DeploymentSpec;
}

export function consoleService(workload: string): types.input.core.v1.ServiceSpec {
  return { selector: selector(workload), ports: [{ name: "http", port: PORT, targetPort: "http" }] };
}
