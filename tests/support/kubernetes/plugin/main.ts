import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Provider } from "@pulumi/pulumi/provider/provider.js";
import { main } from "@pulumi/pulumi/provider/server.js";
import { ApiError, KubernetesApi, type KubernetesObject } from "../api.ts";

/**
 * Stands for the official plugin, which only its own download has: objects of any kind, applied to
 * the server of the test's kubeconfig, compared with the state alone, and not awaited.
 */
const { clusters, users } = JSON.parse(readFileSync(process.env.KUBECONFIG!, "utf8")) as {
  clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
  users: [{ user: { token: string } }];
};
const [{ cluster }] = clusters;
const api = new KubernetesApi({
  url: cluster.server,
  token: users[0].user.token,
  certificate: Buffer.from(cluster["certificate-authority-data"], "base64").toString(),
});
/** Milliseconds that each change takes, so that an engine can be killed meanwhile. */
const DELAY_MS = Number(process.env.TEST_CHANGE_MS ?? 0);

const idOf = ({ metadata: { namespace, name } }: KubernetesObject) => (namespace ? `${namespace}/${name}` : name);

async function apply(inputs: KubernetesObject): Promise<KubernetesObject> {
  await pause(DELAY_MS);
  await api.apply(inputs);
  return inputs;
}

const provider: Provider = {
  version: "4.34.2",
  schema: "{}",
  check: async (_urn, _olds, news) => ({ inputs: news }),
  diff: async (_id, _urn, olds, news) => ({ changes: !isDeepStrictEqual(olds, news) }),
  create: async (_urn, inputs) => ({ id: idOf(inputs), outs: await apply(inputs) }),
  update: async (_id, _urn, _olds, news) => ({ outs: await apply(news) }),
  async read(id, _urn, props: KubernetesObject) {
    try {
      await api.get(props);
      return { id, props };
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return { id: "", props: {} };
      throw error;
    }
  },
  async delete(_id, _urn, props: KubernetesObject) {
    await api.delete(props);
    await pause(DELAY_MS);
  },
};

await main(provider, process.argv.slice(2));
