import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { engineEnvironment } from "../../../cli/stack/engine-environment.ts";
import { describeWithCitus, nodeUrls, TestCluster } from "../../support/servers/citus.ts";
import { query } from "../../support/servers/databases.ts";
import { Command } from "../../support/stack/command.ts";

/** Composes the resources as the components do. The environment sets the workers and placements. */
const PROGRAM = `
import { CitusDrain } from "@plinth/providers/citus-drain.ts";
import { CitusNodes } from "@plinth/providers/citus-nodes.ts";
import { TenantPlacements } from "@plinth/providers/tenant-placements.ts";
import { TenantRows } from "@plinth/providers/tenants.ts";
const { adminUrl, coordinator, workers, port, user, password, database, databaseUrl, appUrl, placements } = JSON.parse(process.env.TEST_INPUTS);
const drain = new CitusDrain("drain", { adminUrl, workers, port, database });
const nodes = new CitusNodes("nodes", { adminUrl, coordinator, workers, port, user, password, database }, { dependsOn: drain });
const tenants = new TenantRows("tenants", { databaseUrl: appUrl, batch: "0", tenants: "1-100" }, { dependsOn: nodes });
new TenantPlacements("placements", { databaseUrl, workers, placements }, { dependsOn: tenants });
export const version = nodes.version;
`;

describeWithCitus("A Citus cluster, by the real engine", function () {
  this.timeout(240_000);
  let cluster: TestCluster;
  let home: string;
  beforeEach(() => {
    cluster = new TestCluster();
    home = mkdtempSync(join(tmpdir(), "plinth-citus-"));
  });
  afterEach(async () => {
    rmSync(home, { recursive: true });
    await cluster.drop();
  });

  it("is formed, shows drift, leaving workers and moves in previews, and keeps its passwords secret (INF-2, INF-4, PLT-2)", async () => {
    writeFileSync(
      join(home, "Pulumi.yaml"),
      "name: citus\nruntime:\n  name: nodejs\n  options:\n    typescript: false\nmain: index.ts\n",
    );
    writeFileSync(join(home, "package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(join(home, "index.ts"), PROGRAM);
    symlinkSync(join(root, "node_modules"), join(home, "node_modules"));
    mkdirSync(join(home, "state"));
    const password = "s3cret-of-the-app";
    const engine = {
      ...process.env,
      ...(await engineEnvironment("local")),
      PULUMI_BACKEND_URL: `file://${home}/state`,
      PULUMI_CONFIG_PASSPHRASE: "test",
    };
    const pulumi = async (workers: number, placements: object[], ...args: string[]) => {
      const databases = { databaseUrl: cluster.url(), appUrl: cluster.appUrl(0, password) };
      const TEST_INPUTS = JSON.stringify({ ...cluster.inputs(workers, { password }), ...databases, placements });
      const { code, output } = await new Command("pulumi", [...args, "--stack", "test"], {
        cwd: home,
        env: { ...engine, TEST_INPUTS },
        seconds: 100,
      }).result;
      assert.equal(code, 0, output);
      return output;
    };
    // The provider adopts the database. With few shards a worker is emptied sooner.
    await query(nodeUrls[0]!, `create database ${cluster.database}`);
    await query(nodeUrls[0]!, `alter database ${cluster.database} set citus.shard_count = 4`);
    await pulumi(3, [], "stack", "init");
    await pulumi(3, [], "up", "--yes", "--skip-preview");
    assert.match(await pulumi(3, [], "preview"), /5 unchanged/);
    const state = readFileSync(join(home, "state", ".pulumi", "stacks", "citus", "test.json"), "utf8");
    assert.doesNotMatch(state, new RegExp(`${password}|postgres:postgres@`));

    const [, first, second, third] = cluster.hosts;
    const held = (await cluster.shards())[third!];
    assert.match(
      await pulumi(2, [], "preview"),
      new RegExp(`${third} leaves the Citus cluster, after its ${held} shards have moved away`),
    );
    const placement = [{ tenant: 1, worker: 0, isolate: true }];
    assert.match(await pulumi(2, placement, "preview"), /tenant 1: its own shard/);
    await pulumi(2, placement, "up", "--yes", "--skip-preview");
    assert.deepEqual(Object.keys(await cluster.shards()).sort(), [first!, second!].sort());
    assert.match(await pulumi(2, placement, "preview"), /5 unchanged/);

    await cluster.sql(
      `select citus_set_node_property('${second}', ${cluster.inputs(1).port}, 'shouldhaveshards', false)`,
    );
    assert.match(
      await pulumi(2, placement, "preview"),
      new RegExp(`the Citus cluster differs: ${second} takes no shards`),
    );
    await pulumi(2, placement, "refresh", "--yes");
    await pulumi(2, placement, "up", "--yes", "--skip-preview");
    assert.match(await pulumi(2, placement, "preview"), /5 unchanged/);
    assert.deepEqual(
      await cluster.sql("select bool_and(shouldhaveshards) as all from pg_dist_node where groupid > 0"),
      [{ all: true }],
    );
  });
});
