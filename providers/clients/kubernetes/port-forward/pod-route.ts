import { UserError } from "@plinth/local/user-error.ts";
import { ApiError, type ApiServer } from "../api-server.ts";
import type { ServiceName } from "./service-name.ts";

/** A port of a pod: what a port-forward leads to. */
export interface PodRoute {
  namespace: string;
  pod: string;
  port: number;
}

/** The parts of the API's objects that are read here. */
interface Service {
  spec: { clusterIP?: string; ports?: { name?: string; port: number }[] };
}
interface Endpoint {
  conditions?: { ready?: boolean };
  hostname?: string;
  targetRef?: { kind?: string; name?: string };
}
interface EndpointSlice {
  endpoints?: Endpoint[] | null;
  ports?: { name?: string; port?: number }[] | null;
}

/**
 * Goes the way that a connection inside the cluster would: a Service's port to the port of a ready
 * pod (by number or by name, as its EndpointSlices have it resolved), the name of a pod to that pod
 * and the very port. `turn` picks among several ready pods.
 *
 * @throws {@link Refusal} for a Service that is not there, one without the port, or missing rights;
 * a lost connection while no pod is ready
 */
export async function findPodRoute(
  api: ApiServer,
  name: ServiceName,
  port: number,
  turn: number,
  signal: AbortSignal,
): Promise<PodRoute> {
  const [service, slices] = await Promise.all([findService(api, name, signal), findEndpointSlices(api, name, signal)]);
  const places = slices.flatMap(({ endpoints, ports }) =>
    (endpoints ?? [])
      .filter(({ targetRef }) => targetRef?.kind === "Pod")
      .map((endpoint) => ({ endpoint, ports: ports ?? [] })),
  );
  const named = places.filter(
    ({ endpoint }) => name.pod === undefined || name.pod === (endpoint.hostname ?? endpoint.targetRef!.name),
  );
  // An absent condition means ready, says the API. Slices of both address families name the same
  // pods.
  const ready = named
    .filter(({ endpoint }) => endpoint.conditions?.ready !== false)
    .sort((a, b) => a.endpoint.targetRef!.name!.localeCompare(b.endpoint.targetRef!.name!));
  if (ready.length === 0)
    throw notReadyError(api, name, [...new Set(named.map(({ endpoint }) => endpoint.targetRef!.name!))]);
  const { endpoint, ports } = ready[turn % ready.length]!;
  const target = resolveTargetPort(service, name, port, ports);
  if (target === undefined) throw noSuchPortError(api, service, name, port);
  return { namespace: name.namespace, pod: endpoint.targetRef!.name!, port: target };
}

/** A name that DNS answers with addresses of pods, not of the Service, keeps the port as it is. */
function resolveTargetPort(
  service: Service,
  name: ServiceName,
  port: number,
  ports: { name?: string; port?: number }[],
): number | undefined {
  const declared = service.spec.ports?.find((one) => one.port === port);
  const target = declared && ports.find((one) => (one.name ?? "") === (declared.name ?? ""))?.port;
  const direct = name.pod !== undefined || (service.spec.clusterIP === "None" && declared === undefined);
  return direct ? port : target;
}

async function findService(api: ApiServer, { service, namespace }: ServiceName, signal: AbortSignal): Promise<Service> {
  return (await api.get(`/api/v1/namespaces/${namespace}/services/${service}`, signal).catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    throw new UserError(
      `the cluster of the Kubernetes context '${api.contextName}' has no Service ${service} in namespace ${namespace}: bring the stack up there first, or choose another context`,
    );
  })) as Service;
}

async function findEndpointSlices(
  api: ApiServer,
  { service, namespace }: ServiceName,
  signal: AbortSignal,
): Promise<EndpointSlice[]> {
  const selector = encodeURIComponent(`kubernetes.io/service-name=${service}`);
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=${selector}`;
  return ((await api.get(path, signal)) as { items: EndpointSlice[] }).items;
}

function notReadyError(api: ApiServer, { pod, service, namespace }: ServiceName, waiting: string[]): Error {
  const what =
    pod === undefined ? `Service ${service} has no ready pod` : `pod ${pod} of Service ${service} is not ready`;
  const look =
    waiting.length === 0
      ? `'kubectl -n ${namespace} get pods' shows what there is`
      : `see why with 'kubectl -n ${namespace} describe pod ${waiting[0]}'`;
  // Worth another try: the pod may just be starting.
  return Object.assign(
    new Error(`${what} in namespace ${namespace} of the Kubernetes context '${api.contextName}': ${look}`),
    {
      code: "EHOSTUNREACH",
    },
  );
}

function noSuchPortError(
  api: ApiServer,
  { spec }: Service,
  { service, namespace }: ServiceName,
  port: number,
): UserError {
  const there = (spec.ports ?? []).map((one) => one.port).join(", ") || "none";
  return new UserError(
    `Service ${service} in namespace ${namespace} of the Kubernetes context '${api.contextName}' has no port ${port} (it has ${there}): correct the address`,
  );
}
