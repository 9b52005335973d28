/** What a name of the cluster's DNS stands for; `pod` where it names one behind its headless Service. */
export interface ServiceName {
  pod?: string;
  service: string;
  namespace: string;
}

const LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?";
const NAME = new RegExp(`^(?:(${LABEL})\\.)?(${LABEL})\\.(${LABEL})\\.svc(?:\\.cluster\\.local)?\\.?$`);

/**
 * Reads `<service>.<namespace>.svc` and `<pod>.<headless>.<namespace>.svc`, both with or without `.cluster.local`.
 * Undefined for every other host: those are reached without a tunnel.
 */
export function parseServiceName(host: string): ServiceName | undefined {
  const [, pod, service, namespace] = NAME.exec(host.toLowerCase()) ?? [];
  if (service === undefined || namespace === undefined) return undefined;
  return pod === undefined ? { service, namespace } : { pod, service, namespace };
}
