import assert from "node:assert/strict";
import type { CitusDrainInputs } from "@plinth/providers/citus-drain.ts";
import { createCitusDrainHandler } from "@plinth/providers/handlers/citus-drain.ts";
import pg from "pg";
import { describeWithCitus, killDuring, nodes, TestCluster, Writer } from "../../../support/servers/citus.ts";

const handler = createCitusDrainHandler({ deadlineMs: 10_000, stallMs: 20_000 });

function inputsOf(
  { adminUrl, port, database }: { adminUrl: string; port: number; database: string },
  workers: string[],
): CitusDrainInputs {
  return { adminUrl, port, database, workers, placements: [], leaving: {}, providerVersion: 1 };
}

describe("CitusDrain", () => {
  const admin = { adminUrl: "postgresql://postgres:s3cret@127.0.0.1:1/postgres", port: 1, database: "app" };
  const three = inputsOf(admin, ["worker-0", "worker-1", "worker-2"]);

  it("does not connect before the cluster exists, nor when no worker leaves", async () => {
    const { outs } = await handler.create(three);
    assert.deepEqual(outs, three);
    const four = { ...three, workers: [...three.workers, "worker-3"] };
    assert.deepEqual((await handler.check(three, four)).failures, []);
    assert.deepEqual((await handler.update("x", three, four)).outs, four);
    assert.deepEqual(await handler.read("x", three), { id: "x", props: three });
    assert.deepEqual(
      [await handler.diff("x", three, three), await handler.diff("x", three, four)],
      [{ changes: false }, { changes: true }],
    );
  });

  for (const [what, changes, expected] of [
    [
      "a tenant whose worker leaves",
      { workers: ["worker-0", "worker-1"], placements: [{ tenant: 10001, worker: 2 }] },
      /^tenant 10001 is placed on worker-2, which leaves: place it on one of worker 0 to 1 first$/,
    ],
    [
      "a tenant on a worker that does not exist",
      { placements: [{ tenant: 10001, worker: 7 }] },
      /^tenant 10001 is placed on worker 7, but there are 3: place it on one of worker 0 to 2 first$/,
    ],
    ["no workers", { workers: [] }, /^workers is empty: at least one must hold the shards$/],
    ["a worker twice", { workers: ["worker-0", "worker-0"] }, /^workers names worker-0 twice/],
    ["a URL of something else", { adminUrl: "mysql://postgres:s3cret@x/y" }, /^adminUrl begins with mysql:/],
    ["no port", { port: 0 }, /^port is 0, but a TCP port is needed/],
  ] as const) {
    it(`refuses ${what} before it connects`, async () => {
      const { failures } = await handler.check(three, { ...three, ...changes } as CitusDrainInputs);
      assert.deepEqual(
        failures.map(({ property }) => property),
        [""],
      );
      assert.match(failures[0]!.reason, expected);
      assert.doesNotMatch(failures[0]!.reason, /s3cret/);
    });
  }

  it("lets a plan pass while the cluster does not answer, but no worker leave", async () => {
    const impatient = createCitusDrainHandler({ deadlineMs: 300 });
    const fewer = { ...three, workers: ["worker-0"] };
    const { failures, inputs } = await impatient.check(three, fewer);
    assert.deepEqual([failures, inputs.leaving], [[], {}]);
    await assert.rejects(
      impatient.update("x", three, fewer),
      /^the database postgresql:\/\/postgres@127.0.0.1:1\/postgres did not serve the request/,
    );
  });
});

describeWithCitus("CitusDrain on a real Citus", () => {
  let cluster: TestCluster;
  let three: CitusDrainInputs;
  let two: CitusDrainInputs;
  beforeEach(() => {
    cluster = new TestCluster();
    const { adminUrl, port, database, workers } = cluster.inputs(3);
    three = inputsOf({ adminUrl, port, database }, workers);
    two = { ...three, workers: workers.slice(0, 2) };
  });
  afterEach(() => cluster.drop());
  const members = async () =>
    (await cluster.sql<{ host: string }>("select nodename as host from pg_dist_node order by nodeid")).map(
      ({ host }) => host,
    );
  const balances = "select sum(available_cents)::int as sum, count(*)::int as rows from accounts";

  it("shows a leaving worker with its shards, and empties it while services write, without loss (INF-2)", async () => {
    await cluster.filled(3);
    const [, , , leaver] = cluster.hosts;
    const held = (await cluster.shards())[leaver!]!;
    const { inputs, failures } = await handler.check(three, two);
    assert.deepEqual([failures, inputs.leaving], [[], { [leaver!]: held }]);
    const writer = await new Writer(cluster.appUrl(), [1, 100]).started();
    assert.deepEqual((await handler.update("x", three, inputs)).outs, { ...two, leaving: {} });
    const report = await writer.stop();
    assert.deepEqual(report.failed, []);
    assert.deepEqual(await cluster.sql(balances), [{ sum: report.written, rows: 5_000 }]);
    assert.deepEqual(await members(), cluster.hosts.slice(0, 3));
    // The second run has nothing to do.
    assert.deepEqual((await handler.check(three, two)).inputs.leaving, {});
    await handler.update("x", three, two);
  });

  it("finishes after it was killed while draining, and lets the worker return later (PLT-10)", async () => {
    const outs = await cluster.filled(3);
    const leaver = cluster.hosts[3]!;
    const held = (await cluster.shards())[leaver]!;
    const begun = async () => ((await cluster.shards())[leaver] ?? 0) < held;
    assert.equal(await killDuring("citus-drain", "update", ["x", three, two], begun), true);
    await handler.update("x", three, two);
    assert.deepEqual(await members(), cluster.hosts.slice(0, 3));
    assert.deepEqual(await cluster.sql(balances), [{ sum: 0, rows: 5_000 }]);
    // With the same volume, as the claim of a StatefulSet keeps it.
    const shrunk = await nodes.update("x", outs, cluster.inputs(2));
    await nodes.update("x", shrunk.outs, cluster.inputs(3));
    assert.equal(Object.keys(await cluster.shards()).length, 3);
    assert.deepEqual(await cluster.sql(balances), [{ sum: 0, rows: 5_000 }]);
  });

  it("keeps a worker whose table cannot be moved, and names the table", async () => {
    await nodes.create(cluster.inputs(3));
    await cluster.sql("create table keyless (tenant_id bigint)");
    await cluster.sql("select create_distributed_table('keyless', 'tenant_id', shard_count => 6)");
    await assert.rejects(
      handler.update("x", three, two),
      new RegExp(
        `^${cluster.hosts[3]} cannot leave the Citus cluster: .*cannot use logical replication to transfer shards of the relation keyless since it doesn't have a REPLICA IDENTITY or PRIMARY KEY`,
      ),
    );
    assert.deepEqual(
      await cluster.sql("select distinct shouldhaveshards as takes from pg_dist_node where groupid > 0"),
      [{ takes: true }],
    );
    assert.deepEqual(await members(), cluster.hosts.slice(0, 4));
  });

  it("moves tables without forced row-level security online, while services write", async () => {
    await nodes.create(cluster.inputs(3));
    await cluster.sql("create table counters (tenant_id bigint primary key, count bigint not null)");
    await cluster.sql("select create_distributed_table('counters', 'tenant_id', shard_count => 6)");
    await cluster.sql("insert into counters select id, 0 from generate_series(1, 1000) as id");
    let written = 0;
    const moving = handler.update("x", three, two).then(() => "moved");
    while ((await Promise.race([moving, Promise.resolve("moving")])) === "moving") {
      await cluster.sql("update counters set count = count + 1");
      written += 1;
    }
    assert.ok(written > 1);
    assert.deepEqual(await cluster.sql("select sum(count)::int as sum from counters"), [{ sum: written * 1_000 }]);
    assert.deepEqual(await members(), cluster.hosts.slice(0, 3));
  });

  it("cancels stalled moves, keeps the worker, and succeeds when repeated", async () => {
    await cluster.filled(3);
    const impatient = createCitusDrainHandler({ deadlineMs: 10_000, stallMs: 3_000 });
    const blocker = new pg.Client({ connectionString: cluster.url() });
    await blocker.connect();
    try {
      await blocker.query("begin");
      await blocker.query("update accounts set available_cents = 0");
      await assert.rejects(
        impatient.update("x", three, two),
        new RegExp(
          `^${cluster.hosts[3]} cannot leave the Citus cluster: moving shards stood still for \\d+ s and was cancelled after 0 of 4 steps: \\S`,
        ),
      );
      await blocker.query("commit");
    } finally {
      await blocker.end();
    }
    assert.deepEqual(
      await cluster.sql("select distinct shouldhaveshards as takes from pg_dist_node where groupid > 0"),
      [{ takes: true }],
    );
    await handler.update("x", three, two);
    assert.deepEqual(await members(), cluster.hosts.slice(0, 3));
    assert.deepEqual(await cluster.sql(balances), [{ sum: 0, rows: 5_000 }]);
  });

  it("has nothing to do if the cluster was never formed", async () => {
    await handler.update("x", three, two);
    assert.deepEqual((await handler.check(three, two)).inputs.leaving, {});
  });
});
