import assert from "node:assert/strict";
import { eventually } from "../../support/eventually.ts";
import { type ApiError, isReady, type KubernetesObject } from "../../support/kubernetes/api.ts";
import { type Cluster, cluster } from "../../support/kubernetes/cluster.ts";
import { NEVER_READY } from "../../support/kubernetes/control-plane.ts";
import { definitionsOf, installDefinitions } from "../../support/kubernetes/custom-resources.ts";
import {
  applyAll,
  manifestsOf,
  nameOf,
  rewritten,
  type Template,
  templatesOf,
} from "../../support/kubernetes/manifests.ts";
import { removeAll, waitForRollout, workloads } from "../../support/kubernetes/rollouts.ts";

for (const stack of ["dev", "prod"] as const) {
  describe(`The manifests of ${stack} on a real API server (PLT-1)`, () => {
    let running: Cluster;
    let manifests: KubernetesObject[];
    let namespace: string;
    /** Of the agents that read their node. */
    let nodes: string;

    before(async () => {
      [running, manifests] = await Promise.all([cluster(), manifestsOf(stack)]);
      [namespace, nodes] = manifests
        .filter(({ kind }) => kind === "Namespace")
        .map(({ metadata }) => metadata.name) as [string, string];
      await installDefinitions(running.api, definitionsOf(manifests));
    });
    after(async () => {
      await removeAll(running.api, manifests, namespace);
      await removeAll(running.api, [], nodes);
    });

    it("are accepted with every field known", async () => {
      const { applied, refused } = await applyAll(running.api, manifests);
      assert.deepEqual(refused, []);
      assert.equal(applied.length, manifests.length);
    });

    it("name one namespace, and a second one for what reads the nodes", () => {
      const elsewhere = manifests.filter(
        ({ kind, metadata }) => kind !== "Namespace" && metadata.namespace !== namespace,
      );
      assert.deepEqual(elsewhere.filter(({ metadata }) => metadata.namespace !== nodes).map(nameOf), []);
      assert.deepEqual(
        templatesOf(elsewhere)
          .map(({ workload }) => nameOf(workload))
          .sort(),
        ["DaemonSet alloy", "DaemonSet node-exporter"],
      );
    });

    it("run one agent on each node, in a namespace that admits them (PLT-8)", async () => {
      await waitForRollout(running.api, nodes);
      const count = (await running.api.list("v1", "Node")).length;
      const pods = await running.api.list("v1", "Pod", nodes);
      assert.equal(pods.filter((pod) => isReady(pod)).length, 2 * count);
      const [agent] = templatesOf(manifests).filter(({ workload }) => workload.metadata.name === "alloy");
      const spec = { ...agent!.template.spec, serviceAccountName: "default" };
      const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "agent", namespace }, spec };
      await assert.rejects(running.api.apply(pod, { dryRun: true }), (error: ApiError) =>
        /violates PodSecurity "restricted/.test(error.message),
      );
    });

    it("make every workload ready under Pod Security 'restricted' (PLT-8)", async () => {
      await waitForRollout(running.api, namespace);
      const place = await running.api.get({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
      assert.equal(place.metadata.labels!["pod-security.kubernetes.io/enforce"], "restricted");
      const privileged = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "privileged", namespace },
        spec: { containers: [{ name: "main", image: "nothing:1", securityContext: { privileged: true } }] },
      };
      await assert.rejects(running.api.apply(privileged, { dryRun: true }), (error: ApiError) =>
        /violates PodSecurity/.test(error.message),
      );
    });

    it("change nothing when they are applied again", async () => {
      await waitForRollout(running.api, namespace);
      assert.deepEqual(await rewritten(running.api, manifests), []);
    });

    it("lead each Service to ready pods, at a port that their containers name", async () => {
      await waitForRollout(running.api, namespace);
      const services = await running.api.list("v1", "Service", namespace);
      const slicesOf = async ({ metadata }: { metadata: { name: string } }) => {
        const slices = (await running.api.list("discovery.k8s.io/v1", "EndpointSlice", namespace)) as Slice[];
        return slices.filter((slice) => slice.metadata.labels?.["kubernetes.io/service-name"] === metadata.name);
      };
      const readyOf = (slices: Slice[]) =>
        slices.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions.ready);
      const pods = await running.api.list("v1", "Pod", namespace);
      for (const service of services) {
        // Another controller fills the slices, after the pods are ready.
        await eventually(
          `${nameOf(service)} has ready pods`,
          async () => readyOf(await slicesOf(service)).length > 0,
          30,
        );
        const own = await slicesOf(service);
        const ready = readyOf(own);
        const { ports } = service.spec as { ports: unknown[] };
        for (const { targetRef } of ready) {
          const listening = containerPorts(pods.find(({ metadata }) => metadata.name === targetRef.name)!);
          const led = own.flatMap(({ ports }) => (ports ?? []).map(({ port }) => port));
          assert.equal(led.length, ports.length * own.length, `${nameOf(service)}: each of its ports is resolved`);
          for (const port of led)
            assert.ok(listening.includes(port), `${nameOf(service)} leads to ${port} of ${targetRef.name}`);
        }
      }
    });

    it("keep the data of each pod on a volume that outlives the pod (PLT-4)", async () => {
      const claims = await running.api.list("v1", "PersistentVolumeClaim", namespace);
      assert.ok(claims.length > 0);
      for (const claim of claims) assert.equal((claim.status as { phase: string }).phase, "Bound", nameOf(claim));
      const [set] = (await workloads(running.api, namespace)).filter(
        ({ spec }) => "volumeClaimTemplates" in (spec as object),
      );
      await running.api.delete(set!);
      await eventually("its pods are gone", async () => (await podsOf(set!)).length === 0, 30);
      assert.deepEqual(
        (await running.api.list("v1", "PersistentVolumeClaim", namespace)).map(nameOf),
        claims.map(nameOf),
      );
      assert.deepEqual((await applyAll(running.api, manifests)).refused, []);
      await waitForRollout(running.api, namespace);
    });

    it("spread the replicas of a workload over the zones", async () => {
      for (const workload of await workloads(running.api, namespace)) {
        const nodes = (await podsOf(workload)).map(({ spec }) => (spec as { nodeName: string }).nodeName);
        assert.equal(new Set(nodes).size, Math.min(nodes.length, 3), `${nameOf(workload)}: ${nodes.join(", ")}`);
      }
    });

    it("roll every workload to another version with more replicas and back, and keep the volumes (PLT-4)", async () => {
      const before = await specs();
      const claims = async () => (await running.api.list("v1", "PersistentVolumeClaim", namespace)).map(nameOf).sort();
      assert.deepEqual((await applyAll(running.api, manifests.map(ofNextVersion))).refused, []);
      await waitForRollout(running.api, namespace);
      const images = (await staying()).flatMap(imagesOf);
      assert.deepEqual(
        images.filter((image) => !image.includes("next")),
        [],
      );
      const grown = await claims();
      assert.deepEqual((await applyAll(running.api, manifests)).refused, []);
      await waitForRollout(running.api, namespace);
      assert.deepEqual(await specs(), before);
      assert.deepEqual(await claims(), grown);
    });

    it("keep the old version of a service while the new one is not ready (PLT-10)", async () => {
      const service = manifests.find(
        ({ kind, metadata }) => kind === "Deployment" && metadata.labels?.app === "wallet",
      )!;
      const before = (await podsOf(service)).filter((pod) => isReady(pod)).map(nameOf);
      assert.deepEqual((await applyAll(running.api, [neverReady(service)])).refused, []);
      const unready = () => podsOf(service).then((pods) => pods.filter((pod) => !isReady(pod)));
      await eventually("there is a pod of the new version", async () => (await unready()).length > 0);
      assert.deepEqual(
        (await podsOf(service))
          .filter((pod) => isReady(pod))
          .map(nameOf)
          .sort(),
        before.sort(),
      );
      assert.deepEqual((await applyAll(running.api, [service])).refused, []);
      await waitForRollout(running.api, namespace);
      await eventually("the new version is gone", async () => (await unready()).length === 0);
      assert.deepEqual((await podsOf(service)).map(nameOf).sort(), before.sort());
    });

    it("let a node be drained, one replica of a workload at a time", async () => {
      const several = (await workloads(running.api, namespace)).filter(
        ({ status }) => (status as { replicas: number }).replicas > 1,
      );
      assert.equal(several.length > 0, stack === "prod");
      const budgets = await running.api.list("policy/v1", "PodDisruptionBudget", namespace);
      const names = budgets.map(({ metadata }) => metadata.name);
      // The budget of a single pod would keep its node from ever being drained.
      assert.equal(names.length > 0, stack === "prod");
      for (const { metadata } of several) assert.ok(names.includes(metadata.name), metadata.name);
      for (const budget of budgets)
        assert.equal(
          (budget.status as { disruptionsAllowed: number }).disruptionsAllowed,
          1,
          JSON.stringify(budget.status),
        );
    });

    it("converge although the API server is killed while they are applied (PLT-10)", async () => {
      const next = manifests.map(ofNextVersion);
      const [{ refused, resent }] = await Promise.all([applyAll(running.api, next), running.restartApiServer()]);
      assert.deepEqual(refused, []);
      assert.ok(resent > 0, "the API server was killed too late to be missed");
      await waitForRollout(running.api, namespace);
      assert.deepEqual(await rewritten(running.api, next), []);
    });

    async function specs(): Promise<Record<string, unknown>> {
      return Object.fromEntries(
        (await workloads(running.api, namespace)).map((workload) => [nameOf(workload), workload.spec]),
      );
    }

    /** The pods that are not being deleted. */
    async function staying(): Promise<KubernetesObject[]> {
      return (await running.api.list("v1", "Pod", namespace)).filter(
        ({ metadata }) => metadata.deletionTimestamp === undefined,
      );
    }

    async function podsOf(workload: KubernetesObject): Promise<KubernetesObject[]> {
      const { selector } = workload.spec as { selector: { matchLabels: Record<string, string> } };
      const wanted = Object.entries(selector.matchLabels);
      return (await staying()).filter(({ metadata }) =>
        wanted.every(([name, value]) => metadata.labels?.[name] === value),
      );
    }
  });
}

interface Slice extends KubernetesObject {
  endpoints: { conditions: { ready: boolean }; targetRef: { name: string } }[] | null;
  ports: { port: number }[] | null;
}

function containerPorts({ spec }: KubernetesObject): number[] {
  return (spec as Template["spec"]).containers.flatMap(({ ports = [] }) =>
    ports.map(({ containerPort }) => containerPort),
  );
}

function imagesOf({ spec }: KubernetesObject): string[] {
  return (spec as Template["spec"]).containers.map(({ image }) => image);
}

function neverReady(deployment: KubernetesObject): KubernetesObject {
  const { template } = templatesOf([deployment])[0]!;
  const metadata = { ...template.metadata, annotations: { ...template.metadata.annotations, [NEVER_READY]: "true" } };
  return { ...deployment, spec: { ...(deployment.spec as object), template: { ...template, metadata } } };
}

/**
 * Gives every image of a workload another name, and adds two replicas if the number is declared.
 */
function ofNextVersion(manifest: KubernetesObject): KubernetesObject {
  const [found] = templatesOf([manifest]);
  if (found === undefined) return manifest;
  const { template } = found;
  const containers = template.spec.containers.map((container) => ({
    ...container,
    image: `next.example.com/${container.image}`,
  }));
  const { replicas, ...spec } = manifest.spec as { replicas?: number };
  const more = replicas === undefined ? {} : { replicas: replicas + 2 };
  return { ...manifest, spec: { ...spec, ...more, template: { ...template, spec: { ...template.spec, containers } } } };
}
