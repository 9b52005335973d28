import assert from "node:assert/strict";
import type { Handler } from "@plinth/providers/dynamic-resource.ts";
import { topicSpecs } from "@plinth/schemas/catalog.ts";
import { listPublishedSchemas } from "@plinth/schemas/folder.ts";
import kafkajs from "kafkajs";
import type { KubernetesObject } from "../../support/kubernetes/api.ts";
import { type Cluster, cluster } from "../../support/kubernetes/cluster.ts";
import { definitionsOf, installDefinitions } from "../../support/kubernetes/custom-resources.ts";
import { applyAll, manifestsOf, type Provided, providedBy } from "../../support/kubernetes/manifests.ts";
import { removeAll, waitForRollout } from "../../support/kubernetes/rollouts.ts";
import { query } from "../../support/servers/databases.ts";
import { kafka, postgres, registry } from "../../support/servers/servers.ts";

type AnyHandler = Handler<Record<string, unknown>, Record<string, unknown>>;

/** Types in the order of their dependencies. Other tests form a real Citus cluster. */
const ORDER = ["KafkaTopics", "AvroSchemas", "TenantRows", "Migrations"];

describe("What the program does in a cluster after its manifests (PLT-2)", () => {
  let running: Cluster;
  let manifests: KubernetesObject[];
  let namespace: string;
  let provided: Provided[];
  const outputs = new Map<string, Record<string, unknown>>();
  const { KUBECONFIG } = process.env;

  before(async () => {
    running = await cluster();
    process.env.KUBECONFIG = running.kubeconfig;
    [manifests, provided] = [await manifestsOf("dev"), await providedBy("dev")];
    namespace = manifests.find(({ kind }) => kind === "Namespace")!.metadata.name;
    provided = provided
      .filter(({ type }) => ORDER.includes(type))
      .sort((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type));
    await installDefinitions(running.api, definitionsOf(manifests));
    assert.deepEqual((await applyAll(running.api, manifests)).refused, []);
    await waitForRollout(running.api, namespace);
    const [database, broker, schemas] = [await postgres(), await kafka(), await registry()];
    await running.forward({ namespace, name: "citus-coordinator-0", port: 5432 }, database.port);
    await running.forward({ namespace, name: "redpanda-0", port: 9092 }, broker.forwardedPort);
    await running.forward({ namespace, name: "redpanda-0", port: 8081 }, schemas.port);
  });
  after(async () => {
    if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = KUBECONFIG;
    await removeAll(running.api, manifests, namespace);
  });

  it("creates topics, schemas, tenants and tables, with the inputs of dev", async () => {
    assert.deepEqual([...new Set(provided.map(({ type }) => type))], ORDER);
    for (const resource of provided) {
      const [handler, inputs] = [await handlerOf(resource), inTestCluster(resource)];
      const checked = await handler.check({}, inputs);
      assert.deepEqual(checked.failures, [], resource.name);
      outputs.set(resource.name, (await handler.create(checked.inputs)).outs);
    }
    const admin = new kafkajs.Kafka({ brokers: [(await kafka()).url], logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    const topics = await admin.listTopics().finally(() => admin.disconnect());
    for (const { topic } of topicSpecs()) assert.ok(topics.includes(topic), topic);
    const subjects = (await (await fetch(`${(await registry()).url}/subjects`)).json()) as string[];
    for (const { subject } of listPublishedSchemas()) assert.ok(subjects.includes(subject), subject);
    const { url } = await postgres();
    assert.deepEqual(await query(url, "select count(*)::int as n from tenants where id = 10001"), [{ n: 1 }]);
    for (const table of ["wallet.bets", "highload.events"])
      assert.deepEqual(
        await query(url, `select to_regclass('${table}') is not null as there`),
        [{ there: true }],
        table,
      );
  });

  it("finds no change after it created them", async () => {
    for (const resource of provided) {
      const [handler, outs] = [await handlerOf(resource), outputs.get(resource.name)!];
      const read = await handler.read(resource.name, outs);
      assert.notEqual(read.id, "", resource.name);
      const { inputs } = await handler.check(outs, inTestCluster(resource));
      assert.equal((await handler.diff(read.id, read.props, inputs)).changes, false, resource.name);
    }
  });

  async function handlerOf({ handler }: Provided): Promise<AnyHandler> {
    return ((await import(`@plinth/providers/handlers/${handler}`)) as { handler: AnyHandler }).handler;
  }

  /** The recorded inputs with the context of the test cluster. */
  function inTestCluster({ name, inputs }: Provided): Record<string, unknown> {
    assert.ok(inputs.cluster, `${name} has a way into the cluster`);
    return { ...inputs, cluster: { context: running.context, namespace } };
  }
});
