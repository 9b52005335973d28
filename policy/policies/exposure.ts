import { kindOf, specOf } from "../manifest.ts";
import type { ResourcePolicy } from "../policy.ts";
import { inspectContainers } from "../workload.ts";

interface ServiceSpec {
  type?: string;
  externalIPs?: string[];
}

/** Traffic from outside passes the gateway alone, which encrypts, limits and logs it. */
export const exposure: ResourcePolicy = {
  name: "exposure",
  refuses: "Services and pods that the outside of the cluster reaches without the gateway",
  validateResource(resource) {
    const { type, externalIPs = [] } = kindOf(resource) === "Service" ? specOf<ServiceSpec>(resource) : {};
    return [
      ...(type === "NodePort" || type === "LoadBalancer"
        ? [`its type ${type} opens it to the outside; leave the type ClusterIP and route to it from the gateway`]
        : []),
      ...(externalIPs.length > 0 ? ["its externalIPs open it to the outside; route to it from the gateway"] : []),
      ...inspectContainers(resource, ({ ports = [] }) =>
        ports
          .filter(({ hostPort }) => hostPort !== undefined)
          .map(({ hostPort }) => `opens port ${hostPort} of its node; remove hostPort and give it a Service`),
      ),
    ];
  },
};
