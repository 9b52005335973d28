/** A name of the cluster's DNS; with `pod` if it names a pod of a headless Service. */
export interface ServiceName {
  pod?: string;
  service: string;
  namespace: string;
}

const DNS_LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?";
const SERVICE_HOST = new RegExp(
  `^(?:(${DNS_LABEL})\\.)?(${DNS_LABEL})\\.(${DNS_LABEL})\\.svc(?:\\.cluster\\.local)?\\.?$`,
);

/**
 * Parses `<service>.<namespace>.svc` and `<pod>.<headless>.<namespace>.svc`, with or without
 * `.cluster.local`. Returns undefined for every other host, which needs no port-forward.
 */
export function parseServiceName(host: string): ServiceName | undefined {
  const [, pod, service, namespace] = SERVICE_HOST.exec(host.toLowerCase()) ?? [];
  if (service === undefined || namespace === undefined) return undefined;
  return pod === undefined ? { service, namespace } : { pod, service, namespace };
}
