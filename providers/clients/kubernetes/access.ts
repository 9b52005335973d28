/**
 * How a dynamic provider reaches servers in a cluster: by port-forwards through the API server, for
 * as long as a call lasts. The provider reads the kubeconfig from `KUBECONFIG` or `~/.kube/config`,
 * and never stores it.
 */
export interface ClusterAccess {
  /** Name of a context in the kubeconfig, as in "kind-plinth". */
  context: string;
  /**
   * Namespace of the stack, as in "dev-infra". Hosts like `redis.dev-infra.svc` name theirs too.
   */
  namespace: string;
}
