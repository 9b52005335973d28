import "./orphan-watch.ts";
import type { ClusterInputs as Inputs, ClusterOutputs as Outputs } from "../cluster.ts";
import type { Handler } from "../dynamic.ts";
import { ApiServer } from "./api-server.ts";
import { failures, isUnknown, Refusal, reasonOf } from "./faults.ts";
import type { KubeContext } from "./kubeconfig.ts";

/** The oldest release whose API has all that the manifests use. */
const OLDEST = { major: 1, minor: 29 };

/** The cluster of a stack. Its mistakes are found by `check`, so that a preview shows them as its only line. */
export const handler: Handler<Inputs, Outputs> = {
  async check(olds, news) {
    try {
      const api = await ApiServer.of(news.context);
      refuseAnother(api.context, isUnknown(olds.context) ? undefined : olds.context, news);
      refuseRemote(api.context, news);
      await findVersion(api);
      return { inputs: { ...news, context: api.context.name }, failures: [] };
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

async function observe(inputs: Inputs): Promise<Outputs> {
  try {
    const api = await ApiServer.of(inputs.context);
    return { ...inputs, context: api.context.name, serverVersion: await findVersion(api) };
  } catch (error) {
    throw new Refusal(reasonOf(error));
  }
}

/** "v1.34.1". The version is told to anyone; the list of groups only to those whom the API server knows. */
async function findVersion(api: ApiServer): Promise<string> {
  const [version] = await Promise.all([api.get("/version"), api.get("/apis")]);
  const { major, minor, gitVersion } = version as { major: string; minor: string; gitVersion: string };
  // Some clouds write "29+".
  const [release, step] = [Number.parseInt(major, 10), Number.parseInt(minor, 10)];
  if (release > OLDEST.major || (release === OLDEST.major && step >= OLDEST.minor)) return gitVersion;
  throw new Refusal(
    `the cluster of the Kubernetes context '${api.context.name}' runs Kubernetes ${gitVersion}, but ${OLDEST.major}.${OLDEST.minor} or later is needed: upgrade it, or choose another context`,
  );
}

/** Whoever switches clusters for other work must not bring up a second copy of the stack, or find the first one gone. */
function refuseAnother({ name }: KubeContext, before: string | undefined, { context }: Inputs): void {
  if (context !== undefined || before === undefined || before === name) return;
  throw new Refusal(
    `this stack is in the Kubernetes context '${before}', but the current one is '${name}': switch back with 'kubectl config use-context ${before}', or name the one that is meant with 'pulumi config set kubernetesContext …'`,
  );
}

function refuseRemote(context: KubeContext, { context: named, localOnly }: Inputs): void {
  if (!localOnly || named !== undefined || looksLocal(context)) return;
  throw new Refusal(
    `the Kubernetes context '${context.name}' (${context.server}) does not look like a cluster of this machine, and this stack is for those: switch to one that is, or name this one with 'pulumi config set kubernetesContext ${context.name}' if it is meant`,
  );
}

const LOCAL_NAMES = /^(kind-.+|minikube|docker-desktop|orbstack|k3d-.+|rancher-desktop|colima(-.+)?)$/;
const LOCAL_HOSTS = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function looksLocal({ name, server }: KubeContext): boolean {
  return LOCAL_NAMES.test(name) || (URL.canParse(server) && LOCAL_HOSTS.test(new URL(server).hostname));
}
