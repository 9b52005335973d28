import assert from "node:assert/strict";
import type { DeclaredResource } from "@plinth/policy/policy.ts";
import { measureFootprint, totalFootprint } from "../../../../cli/budget/footprint.ts";

const Mi = 2 ** 20;
const Gi = 2 ** 30;

function kubernetes(type: string, name: string, spec: unknown): DeclaredResource {
  return { type: `kubernetes:${type}`, name, props: { metadata: { name, namespace: "shop" }, spec } };
}

function container(cpu: string, memory: string, rest: object = {}) {
  return { resources: { requests: { cpu, memory }, limits: { memory } }, ...rest };
}

function deployment(containers: object[], rest: object = {}, initContainers: object[] = []): DeclaredResource {
  return kubernetes("apps/v1:Deployment", "api", { ...rest, template: { spec: { containers, initContainers } } });
}

function only(resources: DeclaredResource[]) {
  const { workloads } = measureFootprint(resources);
  assert.equal(workloads.length, 1);
  return workloads[0]!;
}

describe("the requests of manifests (SHOP-10)", () => {
  it("sum up a pod's containers", () => {
    const { requests, limits, pods } = only([
      deployment([container("100m", "64Mi"), container("1", "1Gi")], { replicas: 3 }),
    ]);
    assert.deepEqual(requests, { cpu: 1.1, memory: 1088 * Mi });
    assert.equal(limits.memory, 1088 * Mi);
    assert.deepEqual(pods, { min: 3, max: 3 });
  });

  it("count an init container only where it needs more than the containers, and a sidecar always", () => {
    const serving = container("100m", "64Mi");
    assert.equal(only([deployment([serving], {}, [container("2", "32Mi")])]).requests.cpu, 2);
    assert.equal(only([deployment([serving], {}, [container("50m", "32Mi")])]).requests.cpu, 0.1);
    const sidecar = container("200m", "16Mi", { restartPolicy: "Always" });
    assert.deepEqual(only([deployment([serving], {}, [sidecar, container("150m", "8Mi")])]).requests, {
      cpu: 0.35,
      memory: 80 * Mi,
    });
  });

  it("use a limit as a missing request, as the API server does", () => {
    assert.equal(only([deployment([{ resources: { limits: { memory: "1Gi" } } }])]).requests.memory, Gi);
  });

  it("range from an autoscaler's minimum to its maximum", () => {
    const api = deployment([container("1", "1Gi")], { replicas: 2 });
    const scaleTargetRef = { kind: "Deployment", name: "api" };
    const hpa = kubernetes("autoscaling/v2:HorizontalPodAutoscaler", "hpa", {
      minReplicas: 3,
      maxReplicas: 10,
      scaleTargetRef,
    });
    assert.deepEqual(only([api, hpa]).pods, { min: 3, max: 10 });
    const keda = kubernetes("keda.sh/v1alpha1:ScaledObject", "keda", {
      minReplicaCount: 1,
      maxReplicaCount: 4,
      scaleTargetRef: { name: "api" },
    });
    assert.deepEqual(only([api, keda]).pods, { min: 1, max: 4 });
    const other = kubernetes("autoscaling/v2:HorizontalPodAutoscaler", "hpa", {
      maxReplicas: 10,
      scaleTargetRef: { kind: "Deployment", name: "web" },
    });
    assert.deepEqual(only([api, other]).pods, { min: 2, max: 2 });
  });

  it("count a job only at the maximum", () => {
    const seed = kubernetes("batch/v1:Job", "seed", { template: { spec: { containers: [container("1", "1Gi")] } } });
    assert.deepEqual(only([seed]).pods, { min: 0, max: 1 });
  });

  it("count a StatefulSet's volumes for each pod, and claims separately", () => {
    const volumeClaimTemplates = [{ spec: { resources: { requests: { storage: "10Gi" } } } }];
    const set = kubernetes("apps/v1:StatefulSet", "db", {
      replicas: 3,
      volumeClaimTemplates,
      template: { spec: { containers: [container("1", "1Gi")] } },
    });
    const claim = kubernetes("core/v1:PersistentVolumeClaim", "backup", {
      resources: { requests: { storage: "5Gi" } },
    });
    const found = measureFootprint([set, claim]);
    assert.deepEqual(found.workloads[0]!.volumes, [10 * Gi, 10 * Gi, 10 * Gi]);
    assert.deepEqual(totalFootprint(found, "min"), {
      pods: 3,
      requests: { cpu: 3, memory: 3 * Gi },
      limits: { cpu: 0, memory: 3 * Gi },
      storage: 35 * Gi,
    });
  });

  it("count load balancers", () => {
    const resources = [
      kubernetes("gateway.networking.k8s.io/v1:Gateway", "edge", {}),
      kubernetes("core/v1:Service", "out", { type: "LoadBalancer" }),
      kubernetes("core/v1:Service", "in", { type: "ClusterIP" }),
    ];
    assert.equal(measureFootprint(resources).loadBalancers, 2);
  });

  it("ignore other resources", () => {
    assert.deepEqual(measureFootprint([{ type: "plinth:platform:Tenants", name: "tenants", props: {} }]), {
      workloads: [],
      claims: [],
      loadBalancers: 0,
    });
  });
});
