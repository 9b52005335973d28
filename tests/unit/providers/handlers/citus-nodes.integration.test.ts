import assert from "node:assert/strict";
import { withDatabase } from "@plinth/providers/clients/postgres/database.ts";
import { describeWithCitus, killDuring, nodes, nodeUrls, TestCluster, Writer } from "../../../support/servers/citus.ts";
import { query } from "../../../support/servers/databases.ts";

const balances = "select sum(available_cents)::int as sum, count(*)::int as rows from accounts";

describeWithCitus("CitusNodes on a real Citus", () => {
  let cluster: TestCluster;
  beforeEach(() => {
    cluster = new TestCluster();
  });
  afterEach(() => cluster.drop());

  it("joins coordinator and workers by their names, and writes nothing the second time (INF-2)", async () => {
    const { id, outs } = await nodes.create(cluster.inputs(2));
    assert.equal(id, `citus/${cluster.database}`);
    const [coordinator, ...workers] = cluster.hosts
      .slice(0, 3)
      .map((host) => ({ host, port: outs.port, active: true }));
    assert.deepEqual(outs.nodes, [
      { ...coordinator, takesShards: false },
      ...workers.map((worker) => ({ ...worker, takesShards: true })),
    ]);
    assert.deepEqual([outs.distributed, outs.drift], [true, ""]);
    assert.match(outs.version, /^\d+\.\d+-\d+$/);
    const written = () =>
      cluster.sql(
        `select (select array_agg(xmin::text || nodename order by nodeid) from pg_dist_node) as nodes,
           (select array_agg(xmin::text order by nodeid, rolename) from pg_dist_authinfo) as authinfo,
           (select xmin::text || rolpassword from pg_authid where rolname = '${cluster.database}') as role,
           (select xmin::text from pg_database where datname = current_database()) as database`,
      );
    const before = await written();
    await nodes.update(id, outs, cluster.inputs(2));
    assert.deepEqual(await written(), before);
  });

  it("may be formed and grown by two runs at once", async () => {
    const [formed] = await Promise.all([nodes.create(cluster.inputs(2)), nodes.create(cluster.inputs(2))]);
    const grown = await Promise.all([
      nodes.update("x", formed.outs, cluster.inputs(3)),
      nodes.update("x", formed.outs, cluster.inputs(3)),
    ]);
    for (const { outs } of grown)
      assert.deepEqual(
        outs.nodes.map(({ host }) => host),
        cluster.hosts.slice(0, 4),
      );
  });

  it("lets services connect as the owner of the database, for which row-level security holds on the workers (SHOP-7)", async () => {
    await cluster.filled(2);
    const role = await cluster.sql(`select rolsuper, rolbypassrls from pg_roles where rolname = '${cluster.database}'`);
    assert.deepEqual(role, [{ rolsuper: false, rolbypassrls: false }]);
    const seenBy = (tenant: number) =>
      withDatabase({ url: cluster.appUrl() }, 10_000, async (client) => {
        await client.query("set citus.propagate_set_commands = local");
        await client.query("begin");
        await client.query(`set local app.tenant_id = '${tenant}'`);
        return (
          await client.query("select distinct tenant_id::int as tenant, count(*)::int as rows from accounts group by 1")
        ).rows;
      });
    assert.deepEqual(await seenBy(7), [{ tenant: 7, rows: 50 }]);
    assert.deepEqual(await query(cluster.appUrl(), "select count(*)::int as rows from accounts"), [{ rows: 0 }]);
    assert.deepEqual(await cluster.sql("select count(*)::int as rows from accounts"), [{ rows: 5_000 }]);
  });

  it("moves shards to an added worker while services write, without loss (INF-2)", async () => {
    const outs = await cluster.filled(2);
    const writer = await new Writer(cluster.appUrl(), [1, 100]).started();
    const grown = await nodes.update("x", outs, cluster.inputs(3));
    const report = await writer.stop();
    assert.deepEqual(report.failed, []);
    assert.deepEqual(await cluster.sql(balances), [{ sum: report.written, rows: 5_000 }]);
    assert.equal(grown.outs.nodes.length, 4);
    const shards = Object.values(await cluster.shards());
    assert.ok(shards.length === 3 && Math.max(...shards) - Math.min(...shards) <= 8, `shards are ${shards}`);
  });

  it("finishes after it was killed while rebalancing (PLT-10)", async () => {
    const outs = await cluster.filled(2);
    const moved = async () => Object.keys(await cluster.shards()).includes(cluster.hosts[3]!);
    assert.equal(await killDuring("citus-nodes", "update", ["x", outs, cluster.inputs(3)], moved), true);
    await nodes.update("x", outs, cluster.inputs(3));
    const shards = Object.values(await cluster.shards());
    assert.ok(shards.length === 3 && Math.max(...shards) - Math.min(...shards) <= 8, `shards are ${shards}`);
    assert.deepEqual(await cluster.sql(balances), [{ sum: 0, rows: 5_000 }]);
  });

  for (const [what, sql, expected] of [
    [
      "removed",
      (host: string, port: number) => `select citus_remove_node('${host}', ${port})`,
      /is not one of its nodes/,
    ],
    [
      "renamed",
      (host: string, port: number) =>
        `select citus_update_node((select nodeid from pg_dist_node where nodename = '${host}' and nodeport = ${port}), 'localhost', 9)`,
      /is not one of its nodes.*localhost:9 is not declared/,
    ],
    [
      "disabled",
      (host: string, port: number) => `select citus_disable_node('${host}', ${port}, synchronous := true)`,
      /is disabled/,
    ],
    [
      "kept from taking shards",
      (host: string, port: number) => `select citus_set_node_property('${host}', ${port}, 'shouldhaveshards', false)`,
      /takes no shards/,
    ],
  ] as const) {
    it(`shows that a worker was ${what} by hand, and reverts it (INF-2)`, async () => {
      const { outs } = await nodes.create(cluster.inputs(2));
      const [, , host] = cluster.hosts;
      await cluster.sql(sql(host!, outs.port));
      const { inputs, failures } = await nodes.check(cluster.inputs(2), cluster.inputs(2));
      assert.deepEqual(failures, []);
      assert.match(inputs.drift, expected);
      assert.equal((await nodes.diff("x", outs, inputs)).changes, true);
      const read = await nodes.read("x", outs);
      assert.match(read.props.drift, expected);
      const mended = await nodes.update("x", read.props, inputs);
      assert.deepEqual(mended.outs.nodes, outs.nodes);
      assert.equal((await nodes.check(cluster.inputs(2), cluster.inputs(2))).inputs.drift, "");
    });
  }

  it("finds a renamed worker by its group, and loses no shard", async () => {
    const outs = await cluster.filled(2);
    const before = await cluster.shards();
    await cluster.sql(
      `select citus_update_node((select nodeid from pg_dist_node where nodename = '${cluster.hosts[2]}'), 'localhost', 9)`,
    );
    await nodes.update("x", outs, cluster.inputs(2));
    assert.deepEqual(await cluster.shards(), before);
    assert.deepEqual(await cluster.sql(balances), [{ sum: 0, rows: 5_000 }]);
  });

  it("keeps an undeclared node that holds shards, and says what to do", async () => {
    const outs = await cluster.filled(3);
    const { inputs } = await nodes.check(cluster.inputs(2), cluster.inputs(2));
    assert.match(
      inputs.drift,
      new RegExp(
        `^${cluster.hosts[3]}:\\d+ is not declared, but holds \\d+ shards: move them away with select citus_drain_node`,
      ),
    );
    const { outs: after } = await nodes.update("x", outs, inputs);
    assert.equal(after.nodes.length, 4);
  });

  it("refuses a worker that lost its volume", async () => {
    const outs = await cluster.filled(2);
    const other = nodeUrls[2]!;
    await query(other, `drop database ${cluster.database} with (force)`);
    await assert.rejects(
      nodes.update("x", outs, cluster.inputs(2)),
      new RegExp(
        `^${cluster.hosts[2]}:\\d+ is empty, but \\d+ shards are to be there: its volume was lost or replaced`,
      ),
    );
  });

  it("updates the extension to the library of a newer image", async () => {
    const [former] = await query<{ version: string }>(
      nodeUrls[0]!,
      `select version from pg_available_extension_versions where name = 'citus' and version like '%.%-%'
       order by string_to_array(replace(version, '-', '.'), '.')::int[] desc offset 1 limit 1`,
    );
    for (const node of [0, 1, 2]) {
      await query(nodeUrls[node]!, `create database ${cluster.database}`);
      const unchecked = `${cluster.url(node)}?options=${encodeURIComponent("-c citus.enable_version_checks=off")}`;
      await query(unchecked, `create extension citus version '${former!.version}'`);
    }
    await assert.rejects(cluster.sql("select citus_set_coordinator_host('localhost')"), /version differs/);
    const { outs } = await nodes.create(cluster.inputs(2));
    for (const node of [0, 1, 2])
      assert.deepEqual(
        await cluster.sql("select extversion as version from pg_extension where extname = 'citus'", node),
        [{ version: outs.version }],
      );
    assert.notEqual(outs.version, former!.version);
  });

  it("changes the password of the role on every node, without a restart (SHOP-7)", async () => {
    const outs = await cluster.filled(2);
    const writer = await new Writer(cluster.appUrl(), [1, 100]).started();
    await nodes.update("x", outs, cluster.inputs(2, { password: "another" }));
    const report = await writer.stop();
    assert.deepEqual(report.failed, []);
    for (const node of [0, 1, 2])
      assert.equal((await query(cluster.appUrl(node, "another"), "select from wallet.accounts")).length, 0);
    await assert.rejects(query(cluster.appUrl(), "select"), /password authentication failed/);
  });

  it("changes the password of the superuser by connecting with the old one (SHOP-7)", async () => {
    const outs = await cluster.filled(3);
    const rotated = new URL(nodeUrls[0]!);
    rotated.password = "an'other%2F";
    const inputs = cluster.inputs(3, { adminUrl: rotated.href });
    try {
      const { outs: after } = await nodes.update("x", outs, inputs);
      assert.equal(after.nodes.length, 4);
      await assert.rejects(cluster.sql("select"), /password authentication failed/);
      const admin = new URL(cluster.url());
      admin.password = rotated.password;
      const reached = await query(
        admin.href,
        "select count(*)::int as pairs, bool_and(result) as all from citus_check_cluster_node_health()",
      );
      assert.deepEqual(reached, [{ pairs: 16, all: true }]);
    } finally {
      await nodes.update("x", { ...outs, adminUrl: rotated.href }, cluster.inputs(3));
    }
  });
});
