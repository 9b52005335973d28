import { UserError } from "@plinth/local/user-error.ts";
import { errorReason } from "../clients/errors.ts";
import { ApiError, ApiServer, REQUEST_TIMEOUT_MS } from "../clients/kubernetes/api-server.ts";
import type { ClusterInputs as Inputs, ClusterOutputs as Outputs } from "../cluster.ts";
import type { Handler } from "../dynamic-resource.ts";
import { findClusterUid, judgeIdentity, readIdentity, releaseNamespace } from "./checks/cluster-identity.ts";
import { isUnknown, toCheckFailures } from "./host/inputs.ts";

/** The oldest release whose API has every field that the manifests use. */
const MIN_VERSION = { major: 1, minor: 29 };

/**
 * Creates the handler of a stack's cluster. `check` finds all mistakes, so that a preview shows one
 * line and nothing else.
 *
 * @param options.timeoutMs how long to wait for an API server that does not answer
 */
export function createClusterHandler({ timeoutMs = REQUEST_TIMEOUT_MS } = {}): Handler<Inputs, Outputs> {
  const open = (context: string | undefined) => ApiServer.forContext(context, timeoutMs);
  const observe = async (inputs: Inputs): Promise<Outputs> => {
    const api = await open(inputs.context);
    const serverVersion = await readServerVersion(api).catch(throwReason);
    return { ...inputs, context: api.contextName, serverVersion };
  };
  return {
    async check(olds, news) {
      try {
        const api = await open(news.context);
        await requireSameContext(api, olds, news);
        requireLocalCluster(api, news);
        await readServerVersion(api);
        const identity = judgeIdentity(api, await readIdentity(api, news.namespace), olds, news);
        return { inputs: { ...news, context: api.contextName, ...identity }, failures: [] };
      } catch (error) {
        return { inputs: news, failures: toCheckFailures([errorReason(error)]) };
      }
    },
    async diff(_id, olds, news) {
      const keys = ["context", "namespace", "localOnly", "providerVersion", "clusterUid", "stackId"] as const;
      return { changes: keys.some((key) => olds[key] !== news[key]) };
    },
    async create(inputs) {
      return { id: "cluster", outs: await observe(inputs) };
    },
    async update(_id, _olds, news) {
      return { outs: await observe(news) };
    },
    /**
     * Fails for a cluster that does not answer: if it were gone, the engine would forget it.
     * Another cluster under the same name means that this one is gone.
     */
    async read(id, props) {
      const { serverVersion: _, ...inputs } = props;
      const { clusterUid } = await readIdentity(await open(props.context), props.namespace).catch(throwReason);
      const isGone = clusterUid !== undefined && props.clusterUid !== undefined && clusterUid !== props.clusterUid;
      return { id: isGone ? "" : id, props: await observe(inputs), inputs };
    },
    /**
     * The cluster is older than the stack, and stays. The namespace stays too, with its data, and
     * no longer belongs to the stack. A cluster that is gone keeps no stack from being destroyed.
     */
    async delete(_id, { context, namespace, stackId }) {
      if (stackId === undefined) return;
      await open(context)
        .then((api) => releaseNamespace(api, namespace, stackId))
        .catch(() => undefined);
    },
  };
}

export const handler = createClusterHandler();

/** The provider host would print the stack trace of a lost connection. */
function throwReason(error: unknown): never {
  throw new UserError(errorReason(error));
}

/**
 * Reads the version, as in "v1.34.1", and the API groups: anyone may read the version, but only an
 * authenticated user the groups.
 */
async function readServerVersion(api: ApiServer): Promise<string> {
  const [version] = await Promise.all([api.get("/version"), api.get("/apis")]).catch((error: unknown) => {
    throw error instanceof ApiError ? notAnApiServerError(api, error.message) : error;
  });
  const { major, minor, gitVersion } = version as { major?: string; minor?: string; gitVersion?: string };
  if (!major || !minor || !gitVersion) throw notAnApiServerError(api, "it reports no Kubernetes version");
  // Some clouds write "29+".
  const [release, step] = [Number.parseInt(major, 10), Number.parseInt(minor, 10)];
  if (release > MIN_VERSION.major || (release === MIN_VERSION.major && step >= MIN_VERSION.minor)) return gitVersion;
  throw new UserError(
    `the cluster of the Kubernetes context '${api.contextName}' runs Kubernetes ${gitVersion}, but ${MIN_VERSION.major}.${MIN_VERSION.minor} or later is needed: upgrade it, or choose another context`,
  );
}

const notAnApiServerError = ({ contextName, server }: ApiServer, reason: string) =>
  new UserError(
    `what answers for the Kubernetes context '${contextName}' (${server}) is not an API server: ${reason}; mend this context in the kubeconfig`,
  );

/**
 * Refuses another current context than before: after a switch for other work, `up` would create a
 * second copy of the stack. Another name of the same cluster is none.
 */
async function requireSameContext(api: ApiServer, olds: Partial<Inputs>, { context }: Inputs): Promise<void> {
  const previous = isUnknown(olds.context) ? undefined : olds.context;
  if (context !== undefined || previous === undefined || previous === api.contextName) return;
  if (!isUnknown(olds.clusterUid) && (await findClusterUid(api).catch(() => undefined)) === olds.clusterUid) return;
  throw new UserError(
    `this stack is in the Kubernetes context '${previous}', but the current one is '${api.contextName}': switch back with 'kubectl config use-context ${previous}', or name the one that is meant with 'pulumi config set kubernetesContext …'`,
  );
}

function requireLocalCluster({ contextName, server }: ApiServer, { context: named, localOnly }: Inputs): void {
  if (!localOnly || named !== undefined || isLocalCluster(contextName, server)) return;
  throw new UserError(
    `the Kubernetes context '${contextName}' (${server}) does not look like a cluster of this machine, and this stack is for those: switch to one that is, or name this one with 'pulumi config set kubernetesContext ${contextName}' if it is meant`,
  );
}

const LOCAL_CONTEXT_NAMES = /^(kind-.+|minikube|docker-desktop|orbstack|k3d-.+|rancher-desktop|colima(-.+)?)$/;
const LOCAL_HOSTS = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function isLocalCluster(name: string, server: string): boolean {
  return LOCAL_CONTEXT_NAMES.test(name) || (URL.canParse(server) && LOCAL_HOSTS.test(new URL(server).hostname));
}
