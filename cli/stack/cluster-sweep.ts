import { ApiError, type ApiServer, ForbiddenError } from "@plinth/providers/clients/kubernetes/api-server.ts";

/** Labels of every object that a stack creates; see components/kubernetes/labels.ts. */
const OWN_LABELS = encodeURIComponent("app.kubernetes.io/part-of=plinth,app.kubernetes.io/managed-by=pulumi");

/** Claims hold data; the others go with what they belong to. */
const KEPT_KINDS = new Set(["PersistentVolumeClaim", "Endpoints", "EndpointSlice", "Event", "ControllerRevision"]);

interface Kind {
  name: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
}

/**
 * Deletes the objects of a stack that its state does not name, because an engine was killed before
 * it wrote them down. Volumes stay.
 *
 * @returns kind and name of each
 */
export async function deleteForgottenObjects(api: ApiServer, namespace: string): Promise<string[]> {
  const found = await Promise.all(
    (await listKinds(api)).map(async ({ path, kind }) => {
      const collection = `${path.base}/namespaces/${namespace}/${path.plural}`;
      const { items } = (await api.get(`${collection}?labelSelector=${OWN_LABELS}`).catch(toEmptyList)) as {
        items: { metadata: { name: string; ownerReferences?: unknown[]; deletionTimestamp?: string } }[];
      };
      const own = items.filter(({ metadata }) => !metadata.ownerReferences?.length && !metadata.deletionTimestamp);
      return own.map(({ metadata }) => ({ path: `${collection}/${metadata.name}`, title: `${kind} ${metadata.name}` }));
    }),
  );
  const objects = [...found.flat(), ...(await findNodesNamespace(api, namespace))];
  await Promise.all(objects.map(({ path }) => api.delete(path).catch(ignoreMissing)));
  return objects.map(({ title }) => title);
}

/** The namespace of the agents on nodes, which holds no data. */
async function findNodesNamespace(api: ApiServer, namespace: string) {
  const name = `${namespace}-nodes`;
  const { items } = (await api.get(`/api/v1/namespaces?labelSelector=${OWN_LABELS}`).catch(toEmptyList)) as {
    items: { metadata: { name: string; deletionTimestamp?: string } }[];
  };
  return items
    .filter(({ metadata }) => metadata.name === name && !metadata.deletionTimestamp)
    .map(() => ({ path: `/api/v1/namespaces/${name}`, title: `Namespace ${name}` }));
}

/** Kinds of namespaced objects, in the version that the server prefers. */
async function listKinds(api: ApiServer) {
  const { groups } = (await api.get("/apis")) as { groups: { preferredVersion: { groupVersion: string } }[] };
  const bases = ["/api/v1", ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const lists = await Promise.all(
    bases.map(async (base) => {
      // A group of an aggregated server that is away has none.
      const list = (await api.get(base).catch(() => ({ resources: [] }))) as { resources: Kind[] };
      return list.resources
        .filter(({ name, namespaced, verbs }) => namespaced && !name.includes("/") && verbs.includes("delete"))
        .filter(({ kind, verbs }) => verbs.includes("list") && !KEPT_KINDS.has(kind))
        .map(({ name, kind }) => ({ path: { base, plural: name }, kind }));
    }),
  );
  return lists.flat();
}

function toEmptyList(error: unknown): { items: [] } {
  if (error instanceof ForbiddenError || error instanceof ApiError) return { items: [] };
  throw error;
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof ApiError && error.status === 404)) throw error;
}
