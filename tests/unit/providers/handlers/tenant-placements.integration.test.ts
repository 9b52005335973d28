import assert from "node:assert/strict";
import type { PlacedTenant } from "@plinth/providers/clients/citus/placement-plan.ts";
import { createTenantPlacementsHandler } from "@plinth/providers/handlers/tenant-placements.ts";
import type { TenantPlacementsInputs } from "@plinth/providers/tenant-placements.ts";
import { describeWithCitus, killDuring, TestCluster, Writer } from "../../../support/servers/citus.ts";
import { emptyDatabase } from "../../../support/servers/databases.ts";

const handler = createTenantPlacementsHandler({ deadlineMs: 10_000, lockTimeoutMs: 20_000 });
const on = (worker: number, tenant: number, isolate = false): PlacedTenant => ({ tenant, worker, isolate });

describe("TenantPlacements", () => {
  const workers = ["worker-0", "worker-1"];
  const inputsOf = (databaseUrl: string, placements: PlacedTenant[]): TenantPlacementsInputs => ({
    databaseUrl,
    workers,
    placements,
    moves: [],
    providerVersion: 1,
  });

  it("does nothing on plain PostgreSQL (INF-4)", async () => {
    const inputs = inputsOf(await emptyDatabase(), [on(1, 10001, true)]);
    assert.deepEqual(await handler.check({}, inputs), { inputs, failures: [] });
    const { id, outs } = await handler.create(inputs);
    assert.deepEqual([id, outs], ["tenant-placements", { ...inputs, distributed: false, placed: {} }]);
    const read = await handler.read(id, outs);
    assert.deepEqual(read, { id, props: outs, inputs });
    assert.deepEqual(await handler.diff(id, outs, inputs), { changes: false });
  });

  const nowhere = "postgresql://app:s3cret@127.0.0.1:1/app";
  for (const [what, changes, expected] of [
    [
      "a worker that there is not",
      { placements: [on(2, 7)] },
      /^tenant 7 is placed on worker 2, but there are 2: 0 to 1$/,
    ],
    ["a tenant twice", { placements: [on(0, 7), on(1, 7)] }, /^tenant 7 is placed twice: name it once$/],
    ["a URL of something else", { databaseUrl: "mysql://app:s3cret@x/y" }, /^databaseUrl begins with mysql:/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { failures } = await createTenantPlacementsHandler({ deadlineMs: 300 }).check({}, {
        ...inputsOf(nowhere, []),
        ...changes,
      } as TenantPlacementsInputs);
      assert.deepEqual(
        failures.map(({ property }) => property),
        [""],
      );
      assert.match(failures[0]!.reason, expected);
    });
  }

  it("skips unknown values of a preview, and a database that does not answer", async () => {
    for (const databaseUrl of ["04da6b54-80e4-46f7-96ec-b56ff0331ba9", nowhere]) {
      const inputs = inputsOf(databaseUrl, [on(0, 7)]);
      assert.deepEqual(await createTenantPlacementsHandler({ deadlineMs: 300 }).check({}, inputs), {
        inputs,
        failures: [],
      });
    }
  });
});

describeWithCitus("TenantPlacements on a real Citus", () => {
  let cluster: TestCluster;
  let inputsFor: (placements: PlacedTenant[], databaseUrl?: string) => TenantPlacementsInputs;
  beforeEach(async () => {
    cluster = new TestCluster();
    await cluster.filled(3);
    inputsFor = (placements, databaseUrl = cluster.url()) => ({
      databaseUrl,
      workers: cluster.hosts.slice(1, 4),
      placements,
      moves: [],
      providerVersion: 1,
    });
  });
  afterEach(() => cluster.drop());

  const shardOf = "get_shard_id_for_distribution_column('tenants', id)";
  const rowsOf = async (tenant: number) =>
    cluster.sql(
      `select nodename as host, shardminvalue = shardmaxvalue as own from pg_dist_shard join pg_dist_placement using (shardid)
       join pg_dist_node using (groupid) where shardid = (select ${shardOf} from tenants where id = ${tenant})`,
    );
  /** Finds two tenants that share a shard, and the ordinal of a worker without the shard. */
  async function neighbours() {
    const [pair] = await cluster.sql<{ one: number; other: number; host: string }>(
      `select min(id)::int as one, max(id)::int as other, min(nodename) as host from tenants
       join pg_dist_placement on shardid = ${shardOf} join pg_dist_node using (groupid) group by shardid having count(*) > 1 order by 1 limit 1`,
    );
    const at = cluster.hosts.slice(1, 4).indexOf(pair!.host);
    return { ...pair!, at, elsewhere: (at + 1) % 3, elsewhereHost: cluster.hosts[1 + ((at + 1) % 3)]! };
  }
  const intact = async (sum = 0) =>
    assert.deepEqual(
      await cluster.sql("select sum(available_cents)::int as sum, count(*)::int as rows from accounts"),
      [{ sum, rows: 5_000 }],
    );

  it("isolates a tenant on the named worker while services write, as planned, and does nothing the second time (INF-4)", async () => {
    const { one, other, host, elsewhere, elsewhereHost } = await neighbours();
    const inputs = inputsFor([on(elsewhere, one, true)]);
    const planned = await handler.check({}, inputs);
    assert.deepEqual(planned, {
      inputs: { ...inputs, moves: [`tenant ${one}: its own shard, ${host} → ${elsewhereHost}`] },
      failures: [],
    });
    const writer = await new Writer(cluster.appUrl(), [one, one]).started();
    const { outs } = await handler.create(planned.inputs);
    const report = await writer.stop();
    assert.deepEqual(report.failed, []);
    await intact(report.written);
    assert.deepEqual([outs.distributed, outs.placed, outs.moves], [true, { [one]: elsewhereHost }, []]);
    assert.deepEqual(await rowsOf(one), [{ host: elsewhereHost, own: true }]);
    assert.deepEqual(await rowsOf(other), [{ host, own: false }]);
    const again = await handler.check(inputs, inputs);
    assert.deepEqual([again.inputs.moves, await handler.diff("x", outs, again.inputs)], [[], { changes: false }]);
    const shards = "select array_agg(shardid order by shardid) as ids from pg_dist_shard";
    const before = await cluster.sql(shards);
    await handler.update("x", outs, again.inputs);
    assert.deepEqual(await cluster.sql(shards), before);
  });

  it("moves the whole shard of a tenant that is not isolated", async () => {
    const { one, other, elsewhere, elsewhereHost } = await neighbours();
    await handler.create(inputsFor([on(elsewhere, one)]));
    assert.deepEqual(
      [await rowsOf(one), await rowsOf(other)],
      [[{ host: elsewhereHost, own: false }], [{ host: elsewhereHost, own: false }]],
    );
    await intact();
  });

  it("refuses two tenants of one shard on two workers, unless one is isolated", async () => {
    const { one, other, at, elsewhere } = await neighbours();
    const { failures } = await handler.check({}, inputsFor([on(at, one), on(elsewhere, other)]));
    assert.match(
      failures[0]!.reason,
      new RegExp(`^tenants ${one} and ${other} share a shard, but are to be on .* and .*: give one of them 'isolate'`),
    );
    await assert.rejects(
      handler.create(inputsFor([on(at, one), on(elsewhere, other)])),
      new RegExp(`tenants ${one} and ${other} share a shard`),
    );
    const { outs } = await handler.create(inputsFor([on(at, one), on(elsewhere, other, true)]));
    assert.deepEqual(outs.placed, { [one]: cluster.hosts[1 + at], [other]: cluster.hosts[1 + elsewhere] });
  });

  it("refuses a tenant without a row", async () => {
    await assert.rejects(
      handler.create(inputsFor([on(0, 999)])),
      /^tenant 999 is to be placed, but has no row in tenants: declare it/,
    );
  });

  it("refuses a user that row-level security applies to", async () => {
    const { one, elsewhere } = await neighbours();
    await assert.rejects(
      handler.create(inputsFor([on(elsewhere, one)], cluster.appUrl())),
      /^databaseUrl is of the user plinth_test_\d+_\d+, whom row-level security holds for: moving a shard would lose its rows/,
    );
    await intact();
  });

  it("shows tenants that were moved by hand or by a rebalance, and moves them back (INF-4)", async () => {
    const { one, elsewhere, elsewhereHost } = await neighbours();
    const inputs = inputsFor([on(elsewhere, one, true)]);
    const { outs } = await handler.create(inputs);
    const third = cluster.hosts.slice(1, 4).find((_, index) => index !== elsewhere && index !== (elsewhere + 1) % 3)!;
    const { port } = cluster.inputs(1);
    const [shard] = await cluster.sql<{ id: string }>(
      `select get_shard_id_for_distribution_column('tenants', ${one}) as id`,
    );
    await cluster.sql(
      `select citus_move_shard_placement(${shard!.id}, '${elsewhereHost}', ${port}, '${third}', ${port}, 'block_writes')`,
    );
    const planned = await handler.check(inputs, inputs);
    assert.deepEqual(planned.inputs.moves, [`tenant ${one}: ${third} → ${elsewhereHost}`]);
    assert.equal((await handler.diff("x", outs, planned.inputs)).changes, true);
    const read = await handler.read("x", outs);
    assert.deepEqual([read.props.placed, read.props.moves], [{ [one]: third }, planned.inputs.moves]);
    await handler.update("x", read.props, planned.inputs);
    assert.deepEqual(await rowsOf(one), [{ host: elsewhereHost, own: true }]);
    await intact();
  });

  it("finishes after it was killed while moving, at any statement (PLT-10)", async () => {
    const ids = [1, 2, 3, 4, 5, 6];
    const inputs = inputsFor(ids.map((id) => on(id % 3, id, true)));
    const isolated = async () =>
      (
        await cluster.sql(
          "select from pg_dist_shard where shardminvalue = shardmaxvalue and logicalrelid = 'tenants'::regclass",
        )
      ).length;
    for (const least of [1, 4]) {
      assert.equal(
        await killDuring("tenant-placements", "create", [inputs], async () => (await isolated()) >= least),
        true,
      );
    }
    const { outs } = await handler.create(inputs);
    assert.deepEqual(outs.placed, Object.fromEntries(ids.map((id) => [id, cluster.hosts[1 + (id % 3)]])));
    assert.equal(await isolated(), ids.length);
    await intact();
  });
});
