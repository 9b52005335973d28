import assert from "node:assert/strict";
import { root } from "@plinth/local/locations.ts";
import { load } from "js-yaml";
import { renderKustomize } from "../../../../cli/add-service/kustomize.ts";
import { readService } from "../../../../components/service/descriptor.ts";
import type { KubernetesObject } from "../../../support/kubernetes/api.ts";
import { manifestsOf } from "../../../support/kubernetes/manifests.ts";

interface Overlay {
  namespace: string;
  resources: string[];
  patches: { target: { kind: string; name: string }; patch: string }[];
  images: { name: string }[];
  secretGenerator?: { name: string; literals: string[] }[];
}
interface Container {
  name: string;
  env: { name: string; value?: string }[];
  resources: unknown;
  [field: string]: unknown;
}
type Pods = {
  template: { metadata: { annotations?: unknown; labels: unknown }; spec: { containers: Container[] } };
  [field: string]: unknown;
};

/**
 * The wallet stands for any service with its own image: it needs every server of the platform.
 */
describe("the kustomize files of a service equal the manifests of the program (INF-14, SDG-2)", () => {
  const service = { ...readService(root, "services/wallet"), standsAlone: true };
  const files = renderKustomize(service);
  const read = <T>(file: string) => load(files.get(file)!) as T;
  let dev: KubernetesObject[];
  let prod: KubernetesObject[];
  before(async () => {
    dev = await manifestsOf("dev");
    prod = await manifestsOf("prod");
  });

  const find = (manifests: KubernetesObject[], kind: string, name = "wallet") =>
    manifests.find((one) => one.kind === kind && one.metadata.name === name)! as KubernetesObject & { spec: Pods };
  const containerOf = ({ spec }: { spec: Pods }) => spec.template.spec.containers[0]!;
  const operations = (overlay: string, name: string) => {
    const { patches } = read<Overlay>(`k8s/overlays/${overlay}/kustomization.yaml`);
    const { patch } = patches.find(({ target }) => target.name === name)!;
    return load(patch) as { path: string; value: unknown }[];
  };
  const patched = (overlay: string, field: string) =>
    operations(overlay, "wallet")
      .filter(({ path }) => path === `/spec/template/spec/containers/0/${field}`)
      .map(({ value }) => value);

  it("have the same pods, except for the image's command and the short addresses", () => {
    const deployment = read<{ spec: Pods }>("k8s/base/deployment.yaml");
    const program = find(dev, "Deployment");
    const { command: _, ...container } = containerOf(program);
    // The overlay knows which stack it is; no file can know what version an image that is only
    // named at its release will have.
    const elsewhere = ["K8S_NAMESPACE", "ENVIRONMENT", "VERSION", "OTEL_EXPORTER_OTLP_ENDPOINT"];
    const variables = (one: Container) =>
      one.env
        .map(({ name }) => name)
        .filter((name) => !elsewhere.includes(name) && !name.endsWith("_URL"))
        .sort();
    assert.deepEqual(variables(containerOf(deployment)), variables(container as Container));
    const comparable = (spec: Pods, one: object) => ({
      ...spec,
      template: {
        metadata: { labels: { ...(spec.template.metadata.labels as object), "app.kubernetes.io/managed-by": "" } },
        spec: { ...spec.template.spec, containers: [{ ...one, env: [], image: "", envFrom: [] }] },
      },
    });
    assert.deepEqual(comparable(deployment.spec, containerOf(deployment)), comparable(program.spec, container));
  });

  it("have the same network policies, Service and account", () => {
    for (const way of ["egress", "ingress"]) {
      const { spec } = read<{ spec: Record<string, unknown[]> }>(`k8s/base/${way}.yaml`);
      const added = operations("dev", `wallet-${way}`).map(({ value }) => value);
      assert.deepEqual({ ...spec, [way]: [...spec[way]!, ...added] }, find(dev, "NetworkPolicy", `wallet-${way}`).spec);
    }
    assert.deepEqual(read<{ spec: unknown }>("k8s/base/service.yaml").spec, find(dev, "Service").spec);
    assert.equal(
      read<{ automountServiceAccountToken: boolean }>("k8s/base/account.yaml").automountServiceAccountToken,
      false,
    );
  });

  it("have the size and the stack in each overlay, and the replicas of production", () => {
    for (const [overlay, manifests] of Object.entries({ dev, prod })) {
      const container = containerOf(find(manifests, "Deployment"));
      assert.deepEqual(patched(overlay, "resources"), [container.resources]);
      const [environment, endpoint] = patched(overlay, "env/-") as { name: string; value: string }[];
      assert.deepEqual(
        environment,
        container.env.find(({ name }) => name === "ENVIRONMENT"),
      );
      const [host, ...rest] = endpoint!.value.split(/(?=:\d+$)/);
      assert.deepEqual(
        { ...endpoint, value: [`${host}.svc.cluster.local`, ...rest].join("") },
        container.env.find(({ name }) => name === "OTEL_EXPORTER_OTLP_ENDPOINT"),
      );
    }
    const budget = find(prod, "PodDisruptionBudget");
    assert.deepEqual(read<{ spec: unknown }>("k8s/overlays/prod/budget.yaml").spec, budget.spec);
    const { spec } = read<{ spec: { minReplicas: number; maxReplicas: number } }>("k8s/overlays/prod/autoscaler.yaml");
    assert.deepEqual([spec.minReplicas, spec.maxReplicas], [3, 12]);
  });

  it("have each stack's namespace, with every file of the base", () => {
    const overlays = {
      dev: find(dev, "Namespace", "dev-infra").metadata.name,
      prod: find(prod, "Deployment").metadata.namespace,
    };
    for (const [overlay, namespace] of Object.entries(overlays)) {
      const kustomization = read<Overlay>(`k8s/overlays/${overlay}/kustomization.yaml`);
      assert.equal(kustomization.namespace, namespace);
      for (const resource of kustomization.resources.filter((one) => one.endsWith(".yaml")))
        assert.ok(files.has(`k8s/overlays/${overlay}/${resource}`), resource);
    }
    const base = read<Overlay>("k8s/base/kustomization.yaml").resources.map((file) => `k8s/base/${file}`);
    assert.deepEqual(
      [...base, "k8s/base/kustomization.yaml"].sort(),
      [...files.keys()].filter((file) => file.startsWith("k8s/base/")).sort(),
    );
  });

  it("have no password but the default of development, in dev only (SHOP-7)", () => {
    for (const [file, text] of files)
      if (!file.includes("overlays/dev")) assert.doesNotMatch(text, /:\/\/[^\s"/@]+:[^\s"/@]+@/, file);
    const [secret] = read<Overlay>("k8s/overlays/dev/kustomization.yaml").secretGenerator!;
    assert.deepEqual(secret, {
      name: "wallet-environment",
      literals: ["DATABASE_URL=postgresql://app:app@citus-coordinator:5432/app", "REDIS_URL=redis://redis:6379"],
    });
  });
});
