import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withDatabase } from "@plinth/providers/clients/postgres/database.ts";
import { handler as clusterHandler } from "@plinth/providers/handlers/cluster.ts";
import { eventually } from "../../support/eventually.ts";
import { type Cluster, cluster } from "../../support/kubernetes/cluster.ts";
import { createStandIn } from "../../support/kubernetes/stand-in.ts";
import { postgres } from "../../support/servers/servers.ts";

const NAMESPACE = "rights";

describe("A port-forward with insufficient credentials (PLT-2)", () => {
  const { KUBECONFIG } = process.env;
  const databaseUrl = `postgresql://app:app@citus-coordinator.${NAMESPACE}.svc:5432/app`;
  let running: Cluster;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "plinth-rights-"));
    const database = await postgres();
    running = await cluster();
    const services = { "citus-coordinator": { 5432: database.port } };
    await createStandIn(running, {
      namespace: NAMESPACE,
      name: "citus-coordinator",
      headless: "citus-coordinator-pods",
      services,
    });
  });
  beforeEach(() => {
    process.env.KUBECONFIG = running.kubeconfig;
  });
  after(() => {
    if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = KUBECONFIG;
    rmSync(folder, { recursive: true, force: true });
  });

  /** Sets KUBECONFIG to an edited copy of the administrator's. */
  function changed(
    edit: (config: {
      users: { user: Record<string, unknown> }[];
      clusters: { cluster: Record<string, unknown> }[];
    }) => void,
  ) {
    const config = JSON.parse(readFileSync(running.kubeconfig, "utf8"));
    edit(config);
    const file = join(mkdtempSync(join(folder, "kube-")), "config");
    writeFileSync(file, JSON.stringify(config));
    process.env.KUBECONFIG = file;
  }
  const checked = async () => {
    const { failures } = await clusterHandler.check({}, { namespace: NAMESPACE, localOnly: true, providerVersion: 1 });
    return failures.map(({ reason }) => reason).join("\n");
  };
  const queried = () =>
    withDatabase(
      { url: databaseUrl, cluster: { context: running.context, namespace: NAMESPACE } },
      30_000,
      async () => "done",
    ).catch(({ message }: Error) => message);

  it("names each missing right at once", async () => {
    changed(({ users }) => {
      users[0]!.user.as = "passer-by";
    });
    const right = (apiGroup: string, resource: string, ...verbs: string[]) => ({
      apiGroups: [apiGroup],
      resources: [resource],
      verbs,
    });
    const rights = [
      right("", "services", "get"),
      right("discovery.k8s.io", "endpointslices", "list"),
      right("", "pods/portforward", "get", "create"),
    ];
    const metadata = { namespace: NAMESPACE, name: "passer-by" };
    const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata };
    await running.api.apply({
      ...{ apiVersion: role.apiVersion, kind: "RoleBinding", metadata },
      ...{ roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: metadata.name } },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "passer-by" }],
    } as never);
    for (const [index, missing] of ["services", "endpointslices", "pods/portforward"].entries()) {
      await running.api.apply({ ...role, rules: rights.slice(0, index) } as never);
      const started = Date.now();
      const refused = new RegExp(
        `^the user of the Kubernetes context 'plinth-test' may not do this .403.: .*cannot [a-z]+ resource "${missing}"`,
      );
      // The API server applies a changed role a moment later.
      await eventually(`${missing} is refused`, async () => refused.test(await queried()));
      assert.ok(Date.now() - started < 5_000);
    }
    await running.api.apply({ ...role, rules: rights } as never);
    await eventually("the query goes through", async () => (await queried()) === "done");
  });

  it("is refused with a wrong token", async () => {
    changed(({ users }) => {
      users[0]!.user.token = "s3cret-but-wrong";
    });
    for (const sentence of [await checked(), await queried()]) {
      assert.match(
        sentence,
        /^the API server of the Kubernetes context 'plinth-test' \(https:\/\/127\.0\.0\.1:\d+\) refuses its credentials \(401\)/,
      );
    }
  });

  it("is refused with an untrusted certificate", async () => {
    changed(({ clusters }) => {
      delete clusters[0]!.cluster["certificate-authority-data"];
    });
    assert.match(
      await checked(),
      /^the API server of the Kubernetes context 'plinth-test' \(\S+\) cannot be talked to: .*certificate.*; mend this context in the kubeconfig$/,
    );
  });

  it("is accepted with sufficient credentials", async () => {
    assert.equal(await checked(), "");
  });
});
