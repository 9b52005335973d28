/**
 * What a name of the cluster's DNS stands for; `pod` where it names one behind its headless
 * Service.
 */
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
 * Reads `<service>.<namespace>.svc` and `<pod>.<headless>.<namespace>.svc`, both with or without
 * `.cluster.local`. Undefined for every other host: those are reached without a tunnel.
 */
export function parseServiceName(host: string): ServiceName | undefined {
  const [, pod, service, namespace] = SERVICE_HOST.exec(host.toLowerCase()) ?? [];
  if (service === undefined || namespace === undefined) return undefined;
  return pod === undefined ? { service, namespace } : { pod, service, namespace };
}
