import "./orphan-watch.ts";
import type { ClusterInputs as Inputs, ClusterOutputs as Outputs } from "../cluster.ts";
import type { Handler } from "../dynamic.ts";
import { ApiError, ApiServer, TIMEOUT_MS } from "./api-server.ts";
import { failures, isUnknown, Refusal, reasonOf } from "./faults.ts";

/** The oldest release whose API has all that the manifests use. */
const OLDEST = { major: 1, minor: 29 };

/**
 * The cluster of a stack. Its mistakes are found by `check`, so that a preview shows them as its only line. `timeoutMs`: how long an API server
 * that does not answer is waited for.
 */
export function clusterHandler({ timeoutMs = TIMEOUT_MS } = {}): Handler<Inputs, Outputs> {
  const open = (context: string | undefined) => ApiServer.of(context, timeoutMs);
  const observe = async (inputs: Inputs): Promise<Outputs> => {
    const api = await open(inputs.context);
    // A lost connection has a stack, which the provider host would print.
    const serverVersion = await findVersion(api).catch((error: unknown) => {
      throw new Refusal(reasonOf(error));
    });
    return { ...inputs, context: api.name, serverVersion };
  };
  return {
    async check(olds, news) {
      try {
        const api = await open(news.context);
        refuseAnother(api, isUnknown(olds.context) ? undefined : olds.context, news);
        refuseRemote(api, news);
        await findVersion(api);
        return { inputs: { ...news, context: api.name }, failures: [] };
      } catch (error) {
        return { inputs: news, failures: failures([reasonOf(error)]) };
      }
    },
    async diff(_id, olds, news) {
      const keys = ["context", "namespace", "localOnly", "providerVersion"] as const;
      return { changes: keys.some((key) => olds[key] !== news[key]) };
    },
    async create(inputs) {
      return { id: "cluster", outs: await observe(inputs) };
    },
    async update(_id, _olds, news) {
      return { outs: await observe(news) };
    },
    /** A cluster that does not answer is an error, not gone: gone, the engine would forget that the stack is in it. */
    async read(id, props) {
      const { serverVersion: _, ...inputs } = props;
      return { id, props: await observe(inputs), inputs };
    },
    /** The cluster was there before and stays. */
    async delete() {},
  };
}

export const handler = clusterHandler();

/** "v1.34.1". The version is told to anyone; the list of groups only to those whom the API server knows. */
async function findVersion(api: ApiServer): Promise<string> {
  const [version] = await Promise.all([api.get("/version"), api.get("/apis")]).catch((error: unknown) => {
    throw error instanceof ApiError ? noApiServer(api, error.message) : error;
  });
  const { major, minor, gitVersion } = version as { major?: string; minor?: string; gitVersion?: string };
  if (!major || !minor || !gitVersion) throw noApiServer(api, "its version is not that of one");
  // Some clouds write "29+".
  const [release, step] = [Number.parseInt(major, 10), Number.parseInt(minor, 10)];
  if (release > OLDEST.major || (release === OLDEST.major && step >= OLDEST.minor)) return gitVersion;
  throw new Refusal(
    `the cluster of the Kubernetes context '${api.name}' runs Kubernetes ${gitVersion}, but ${OLDEST.major}.${OLDEST.minor} or later is needed: upgrade it, or choose another context`,
  );
}

const noApiServer = ({ name, server }: ApiServer, reason: string) =>
  new Refusal(
    `what answers for the Kubernetes context '${name}' (${server}) is no API server: ${reason}; mend this context in the kubeconfig`,
  );

/** Whoever switches clusters for other work must not bring up a second copy of the stack, or find the first one gone. */
function refuseAnother({ name }: ApiServer, before: string | undefined, { context }: Inputs): void {
  if (context !== undefined || before === undefined || before === name) return;
  throw new Refusal(
    `this stack is in the Kubernetes context '${before}', but the current one is '${name}': switch back with 'kubectl config use-context ${before}', or name the one that is meant with 'pulumi config set kubernetesContext …'`,
  );
}

function refuseRemote({ name, server }: ApiServer, { context: named, localOnly }: Inputs): void {
  if (!localOnly || named !== undefined || looksLocal(name, server)) return;
  throw new Refusal(
    `the Kubernetes context '${name}' (${server}) does not look like a cluster of this machine, and this stack is for those: switch to one that is, or name this one with 'pulumi config set kubernetesContext ${name}' if it is meant`,
  );
}

const LOCAL_NAMES = /^(kind-.+|minikube|docker-desktop|orbstack|k3d-.+|rancher-desktop|colima(-.+)?)$/;
const LOCAL_HOSTS = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function looksLocal(name: string, server: string): boolean {
  return LOCAL_NAMES.test(name) || (URL.canParse(server) && LOCAL_HOSTS.test(new URL(server).hostname));
}
