import { UserError } from "@plinth/local/user-error.ts";
import { MissingServiceError } from "../../errors.ts";
import { ApiError, type ApiServer } from "../api-server.ts";
import type { ServiceName } from "./service-name.ts";

/** A port of a pod, where a port-forward leads. */
export interface PodRoute {
  namespace: string;
  pod: string;
  port: number;
}

/** The fields of the API's objects that are read here. */
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
 * Finds where a connection inside the cluster would lead: from a Service's port to the port of a
 * ready pod, by number or by name, as the EndpointSlices resolve it; from a pod's name to the same
 * port of that pod.
 *
 * @param podIndex picks one of several ready pods
 * @throws {UserError} for a missing Service, port or right; a lost connection while no pod is ready
 */
export async function findPodRoute(
  api: ApiServer,
  name: ServiceName,
  port: number,
  podIndex: number,
  signal: AbortSignal,
): Promise<PodRoute> {
  const [service, slices] = await Promise.all([findService(api, name, signal), findEndpointSlices(api, name, signal)]);
  const endpoints = slices.flatMap((slice) =>
    (slice.endpoints ?? [])
      .filter(({ targetRef }) => targetRef?.kind === "Pod")
      .map((endpoint) => ({ endpoint, ports: slice.ports ?? [] })),
  );
  const candidates = endpoints.filter(
    ({ endpoint }) => name.pod === undefined || name.pod === (endpoint.hostname ?? endpoint.targetRef!.name),
  );
  // By the API, an absent condition means ready. Slices of both address families name the same
  // pods.
  const ready = candidates
    .filter(({ endpoint }) => endpoint.conditions?.ready !== false)
    .sort((a, b) => a.endpoint.targetRef!.name!.localeCompare(b.endpoint.targetRef!.name!));
  if (ready.length === 0)
    throw notReadyError(api, name, [...new Set(candidates.map(({ endpoint }) => endpoint.targetRef!.name!))]);
  const { endpoint, ports } = ready[podIndex % ready.length]!;
  const target = resolveTargetPort(service, name, port, ports);
  if (target === undefined) throw noSuchPortError(api, service, name, port);
  return { namespace: name.namespace, pod: endpoint.targetRef!.name!, port: target };
}

/** Keeps the port of a name that DNS resolves to pods rather than to the Service. */
function resolveTargetPort(
  service: Service,
  name: ServiceName,
  port: number,
  ports: { name?: string; port?: number }[],
): number | undefined {
  const declared = service.spec.ports?.find((servicePort) => servicePort.port === port);
  const target = declared && ports.find(({ name }) => (name ?? "") === (declared.name ?? ""))?.port;
  const direct = name.pod !== undefined || (service.spec.clusterIP === "None" && declared === undefined);
  return direct ? port : target;
}

async function findService(api: ApiServer, { service, namespace }: ServiceName, signal: AbortSignal): Promise<Service> {
  return (await api.get(`/api/v1/namespaces/${namespace}/services/${service}`, signal).catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    throw new MissingServiceError(
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
  const problem =
    pod === undefined ? `Service ${service} has no ready pod` : `pod ${pod} of Service ${service} is not ready`;
  const advice =
    waiting.length === 0
      ? `'kubectl -n ${namespace} get pods' shows what there is`
      : `see why with 'kubectl -n ${namespace} describe pod ${waiting[0]}'`;
  // Worth another try: the pod may just be starting.
  return Object.assign(
    new Error(`${problem} in namespace ${namespace} of the Kubernetes context '${api.contextName}': ${advice}`),
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
  const ports = (spec.ports ?? []).map((servicePort) => servicePort.port).join(", ") || "none";
  return new UserError(
    `Service ${service} in namespace ${namespace} of the Kubernetes context '${api.contextName}' has no port ${port} (it has ${ports}): correct the address`,
  );
}
