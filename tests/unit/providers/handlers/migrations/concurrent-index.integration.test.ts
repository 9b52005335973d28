import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listMigrations } from "@plinth/migrations/sql/migration-files.ts";
import { createMigrationsHandler } from "@plinth/providers/handlers/migrations.ts";
import type { MigrationsInputs } from "@plinth/providers/migrations.ts";
import pg from "pg";
import { waitUntil } from "../../../../support/eventually.ts";
import { startCuttingProxy } from "../../../../support/servers/cutting-proxy.ts";
import { emptyDatabase, query, withPort } from "../../../../support/servers/databases.ts";
import { postgres } from "../../../../support/servers/servers.ts";

const handler = createMigrationsHandler({ deadlineMs: 20_000 });
const file = "-- plinth:no-transaction\ncreate index concurrently if not exists newest on bets (id);\n";

describe("A migration without a transaction, on a real PostgreSQL (PLT-5)", () => {
  let databaseUrl: string;
  let directory: string;
  let service: string;
  let count = 0;
  const write = (name: string, sql: string) => writeFileSync(join(directory, name), sql);
  const inputs = (url = databaseUrl): MigrationsInputs => ({
    databaseUrl: url,
    service,
    directory,
    files: listMigrations(directory),
    providerVersion: 1,
  });
  const indexes = () =>
    query<{ name: string; valid: boolean }>(
      databaseUrl,
      "select relname as name, indisvalid as valid from pg_index join pg_class on oid = indexrelid where relname = 'newest' and relnamespace = current_schema::regnamespace",
    );
  const valid = [{ name: "newest", valid: true }];
  const applied = async () =>
    (await query<{ name: string }>(databaseUrl, "select name from plinth_migrations order by 1")).map(
      ({ name }) => name,
    );

  beforeEach(async () => {
    service = `indexed-${++count}`;
    databaseUrl = await emptyDatabase(service);
    directory = mkdtempSync(join(tmpdir(), "plinth-index-"));
    write("0001_bets.sql", "create table bets (id bigint);\ninsert into bets values (1);");
    await handler.create(inputs());
    write("0002_newest.sql", file);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /**
   * Opens a transaction that has written to the table: a concurrent index waits for its end, half
   * built.
   */
  async function writer(): Promise<{ end(): Promise<void> }> {
    const client = new pg.Client(databaseUrl);
    await client.connect();
    await client.query("begin; insert into bets values (2)");
    return {
      async end() {
        await client.query("commit");
        await client.end();
      },
    };
  }

  it("builds an index concurrently, and records it", async () => {
    await handler.create(inputs());
    assert.deepEqual(await indexes(), valid);
    assert.deepEqual(await applied(), ["0001_bets.sql", "0002_newest.sql"]);
  });

  it("starts again after its session was killed (PLT-10)", async () => {
    const other = await writer();
    const run = handler.create(inputs());
    const building =
      "select pid from pg_stat_activity where query like '%index concurrently%newest%' and wait_event_type = 'Lock' and pid <> pg_backend_pid()";
    await waitUntil("the index to wait for the writer", async () => (await query(databaseUrl, building)).length === 1);
    assert.deepEqual(await indexes(), [{ name: "newest", valid: false }]);
    await query(databaseUrl, `select pg_terminate_backend(pid) from (${building}) as builder`);
    await other.end();
    await run;
    assert.deepEqual(await indexes(), valid);
    assert.deepEqual(await applied(), ["0001_bets.sql", "0002_newest.sql"]);
  });

  it("replaces an invalid index of an earlier run (PLT-10)", async () => {
    const other = await writer();
    const client = new pg.Client(databaseUrl);
    await client.connect();
    await client.query("set statement_timeout = '300ms'");
    await assert.rejects(client.query("create index concurrently newest on bets (id)"), /statement timeout/);
    await client.end();
    await other.end();
    assert.deepEqual(await indexes(), [{ name: "newest", valid: false }]);
    await handler.create(inputs());
    assert.deepEqual(await indexes(), valid);
  });

  it("converges when the answer to the statement is lost (PLT-10)", async () => {
    const proxy = await startCuttingProxy((await postgres()).port, "create index concurrently");
    try {
      await handler.create(inputs(withPort(databaseUrl, proxy.port)));
      assert.equal(proxy.cuts(), 1);
      assert.deepEqual(await indexes(), valid);
    } finally {
      await proxy.stop();
    }
  });

  it("runs twice at once without a deadlock", async () => {
    const other = await writer();
    const runs = Promise.all([handler.create(inputs()), handler.create(inputs())]);
    const building =
      "select from pg_stat_activity where query like '%index concurrently%newest%' and wait_event_type = 'Lock' and pid <> pg_backend_pid()";
    await waitUntil("the index to wait for the writer", async () => (await query(databaseUrl, building)).length === 1);
    await other.end();
    await runs;
    assert.deepEqual(await indexes(), valid);
    assert.doesNotMatch((await postgres()).log(), /deadlock detected/);
  });

  it("leaves no invalid index that PostgreSQL refused, and names the line", async () => {
    await query(databaseUrl, "insert into bets values (1)");
    write("0002_newest.sql", file.replace("create index", "create unique index"));
    await assert.rejects(
      handler.create(inputs()),
      /0002_newest.sql line 2: could not create unique index "newest" \(23505\)\. Nothing of this file stays/,
    );
    assert.deepEqual(await indexes(), []);
    assert.deepEqual(await applied(), ["0001_bets.sql"]);
  });

  it("drops an index concurrently, twice", async () => {
    write("0003_newest.sql", "-- plinth:no-transaction\ndrop index concurrently if exists newest;");
    await handler.create(inputs());
    assert.deepEqual(await indexes(), []);
    assert.equal((await applied()).length, 3);
  });

  for (const sql of [
    "create table a ();",
    `${file}select 1;`,
    "create index newest on bets (id);",
    "create index concurrently newest on bets (id);",
  ])
    it(`refuses ${JSON.stringify(sql)} also without a plan`, async () => {
      write("0002_newest.sql", `-- plinth:no-transaction\n${sql}`);
      await assert.rejects(
        handler.create(inputs()),
        /0002_newest.sql: a file with -- plinth:no-transaction holds one 'create index concurrently if not exists'/,
      );
      assert.deepEqual(await applied(), ["0001_bets.sql"]);
    });

  describe("in the plan", () => {
    it("a file is linted with the files before it, a line for each finding", async () => {
      write("0002_newest.sql", "\ncreate index newest on bets (id);");
      const { failures } = await handler.check(
        await handler.create({ ...inputs(), files: inputs().files.slice(0, 1) }).then(({ outs }) => outs),
        inputs(),
      );
      assert.deepEqual(
        failures.map(({ property }) => property),
        [""],
      );
      assert.match(
        failures[0]!.reason,
        /0002_newest\.sql:2: index newest on bets stops writing .*"create index concurrently if not exists newest on bets .*\[index-concurrently\]$/,
      );
    });

    it("nothing is linted without new files", async () => {
      write("0002_newest.sql", "create index newest on bets (id);");
      const { failures } = await handler.check(inputs(), inputs());
      assert.deepEqual(failures, []);
    });

    it("everything is linted in an empty stack", async () => {
      const { failures } = await handler.check({}, inputs());
      assert.match(failures[0]?.reason ?? "", /0001_bets\.sql:1: table bets has no tenant_id/);
    });
  });
});
