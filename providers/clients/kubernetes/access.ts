/**
 * How a dynamic provider comes to what runs in a cluster: by its own port-forward through the API
 * server, for as long as a call lasts. The kubeconfig itself is read by the provider, from the
 * files of `KUBECONFIG` or `~/.kube/config`, and is never stored.
 */
export interface ClusterAccess {
  /** Name of a context in the kubeconfig, as in "kind-plinth". */
  context: string;
  /**
   * Namespace that the stack lives in, as in "dev-infra". Hosts like `redis.dev-infra.svc` name
   * theirs all the same.
   */
  namespace: string;
}
