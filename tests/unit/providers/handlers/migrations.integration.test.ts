import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listMigrations } from "@plinth/migrations/sql/migration-files.ts";
import { createMigrationsHandler } from "@plinth/providers/handlers/migrations.ts";
import type { MigrationsInputs } from "@plinth/providers/migrations.ts";
import { type CuttingProxy, startCuttingProxy } from "../../../support/servers/cutting-proxy.ts";
import { emptyDatabase, query, withPort } from "../../../support/servers/databases.ts";
import { postgres } from "../../../support/servers/servers.ts";

const handler = createMigrationsHandler({ deadlineMs: 10_000 });
const accounts =
  "create table accounts (tenant_id bigint, id bigint, primary key (tenant_id, id));\nselect plinth_distribute('accounts');\n";
const bets = "create table bets (tenant_id bigint, id bigint, cents bigint not null, primary key (tenant_id, id));\n";

describe("Migrations on a real PostgreSQL", () => {
  let databaseUrl: string;
  let directory: string;
  let service: string;
  let count = 0;
  const write = (name: string, sql: string) => writeFileSync(join(directory, name), sql);
  const inputs = (changes: Partial<MigrationsInputs> = {}): MigrationsInputs => ({
    databaseUrl,
    service,
    directory,
    files: listMigrations(directory),
    providerVersion: 1,
    ...changes,
  });
  const tables = async () =>
    (
      await query<{ name: string }>(
        databaseUrl,
        `select table_name as name from information_schema.tables where table_schema in (current_schema, '${service}') order by 1`,
      )
    ).map(({ name }) => name);
  const history = () => query(databaseUrl, "select service, name from plinth_migrations order by 1, 2");

  beforeEach(async () => {
    databaseUrl = await emptyDatabase();
    // Schemas of services belong to the whole database.
    service = `wallet-${++count}`;
    directory = mkdtempSync(join(tmpdir(), "plinth-migrations-"));
    write("0001_accounts.sql", accounts);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("applies the files in order, and distributes nothing without Citus", async () => {
    write("0002_bets.sql", bets);
    const { id, outs } = await handler.create(inputs());
    assert.equal(id, `migrations/${service}`);
    assert.deepEqual([outs.applied, outs.distributed], [["0001_accounts.sql", "0002_bets.sql"], false]);
    assert.deepEqual(await tables(), ["accounts", "bets", "plinth_migrations"]);
  });

  it("creates a service's tables in a schema of its name, and shared objects outside (SHOP-1)", async () => {
    write("0002_bets.sql", bets);
    await handler.create(inputs());
    const other = `${service}-other`;
    // The same table names in another service.
    await handler.create(inputs({ service: other }));
    const schemas = (names: string) =>
      query(
        databaseUrl,
        `select relnamespace::regnamespace::text as schema, relname as name from pg_class where relname in (${names})
        and relnamespace in (current_schema::regnamespace, '"${service}"'::regnamespace, '"${other}"'::regnamespace) order by 1, 2`,
      );
    assert.deepEqual(await schemas("'accounts', 'bets'"), [
      { schema: `"${service}"`, name: "accounts" },
      { schema: `"${service}"`, name: "bets" },
      { schema: `"${other}"`, name: "accounts" },
      { schema: `"${other}"`, name: "bets" },
    ]);
    const [{ own }] = (await query<{ own: string }>(databaseUrl, "select current_schema::text as own")) as [
      { own: string },
    ];
    assert.deepEqual(await schemas("'plinth_migrations'"), [{ schema: own, name: "plinth_migrations" }]);
  });

  it("keeps using tables that are older than the schema of their service", async () => {
    // As an earlier release left them, in the shared schema.
    await handler.create(inputs());
    await query(
      databaseUrl,
      `alter table "${service}".accounts set schema ${new URL(databaseUrl).searchParams.get("options")!.split("=")[1]}; drop schema "${service}"`,
    );
    await handler.create(inputs());
    write("0002_more.sql", "alter table accounts add column cents bigint;\ncreate table more (id bigint);");
    await handler.create(inputs());
    const columns = await query(
      databaseUrl,
      "select column_name as name from information_schema.columns where table_schema = current_schema and table_name = 'accounts' order by 1",
    );
    assert.deepEqual(columns, [{ name: "cents" }, { name: "id" }, { name: "tenant_id" }]);
    assert.deepEqual(await query(databaseUrl, `select from "${service}".more`), []);
  });

  it("says what to grant if the role may not create a schema, and refuses a service named like the role", async () => {
    await assert.rejects(
      handler.create(inputs({ service: "app" })),
      /a service cannot have the name of the database's user, app/,
    );
    await query(databaseUrl, "revoke create on database app from app");
    try {
      await assert.rejects(
        handler.create(inputs()),
        new RegExp(
          `app may not create the schema of ${service}; as the database's owner: grant create on database "app" to "app"`,
        ),
      );
    } finally {
      await query(databaseUrl, "grant create on database app to app");
    }
    assert.deepEqual((await handler.create(inputs())).outs.applied, ["0001_accounts.sql"]);
  });

  it("sends each statement alone, as Citus needs", async () => {
    write("0002_bets.sql", `${bets}\n-- Who asked?\ncreate table asked as select current_query() as sql;\nselect 1;`);
    await handler.create(inputs());
    assert.deepEqual(await query(databaseUrl, `select sql from "${service}".asked`), [
      { sql: "create table asked as select current_query() as sql" },
    ]);
  });

  it("names the statement's line if PostgreSQL names no position", async () => {
    write("0002_bets.sql", `${bets}\n-- One too many:\ninsert into bets\n  values (1, 1, 1), (1, 1, 1);\n`);
    await assert.rejects(handler.create(inputs()), /0002_bets.sql line 4: duplicate key value .* \(23505\)/);
  });

  it("applies new files only", async () => {
    const { outs } = await handler.create(inputs());
    const before = await query(databaseUrl, "select *, xmin::text from plinth_migrations");
    assert.deepEqual((await handler.create(inputs())).outs, outs);
    assert.deepEqual(await query(databaseUrl, "select *, xmin::text from plinth_migrations"), before);
    assert.deepEqual(await handler.diff("", outs, inputs()), { changes: false, replaces: [] });
    write("0002_bets.sql", bets);
    assert.equal((await handler.diff("", outs, inputs())).changes, true);
    assert.deepEqual((await handler.update("", outs, inputs())).outs.applied, ["0001_accounts.sql", "0002_bets.sql"]);
  });

  it("keeps a history for each service", async () => {
    await handler.create(inputs());
    write("0001_accounts.sql", "create table shop_accounts (id bigint)");
    await handler.create(inputs({ service: "shop-1" }));
    assert.deepEqual(await history(), [
      { service: "shop-1", name: "0001_accounts.sql" },
      { service, name: "0001_accounts.sql" },
    ]);
  });

  it("rolls a failing file back, keeps the files before it, and names file, line and reason", async () => {
    write("0002_bets.sql", `${bets}\n-- password 's3cret'\ncreate tabel payments ();\n`);
    await assert.rejects(handler.create(inputs()), (error: Error) => {
      assert.match(
        error.message,
        /0002_bets.sql line 4: syntax error at or near "tabel" \(42601\)\. This file was rolled back; the files before it stay applied$/,
      );
      assert.doesNotMatch(error.message, /s3cret/);
      return true;
    });
    assert.deepEqual(await tables(), ["accounts", "plinth_migrations"]);
    write("0002_bets.sql", bets);
    assert.deepEqual((await handler.create(inputs())).outs.applied.length, 2);
  });

  it("refuses a COMMIT in a file before anything runs", async () => {
    write("0002_bets.sql", `${bets}commit;`);
    await assert.rejects(handler.create(inputs()), /0002_bets.sql line 2: COMMIT has no place here/);
    assert.deepEqual(await tables(), ["plinth_migrations"]);
  });

  it("refuses an applied file that was edited: in the plan, and against the database", async () => {
    const { outs } = await handler.create(inputs());
    write("0001_accounts.sql", `${accounts}-- edited`);
    const expected = /0001_accounts.sql was edited after it was applied \(applied as [0-9a-f]{8}, now [0-9a-f]{8}\)/;
    const { failures } = await handler.check(outs, inputs());
    assert.equal(failures.length, 1);
    assert.match(failures[0]!.reason, expected);
    await assert.rejects(handler.create(inputs()), expected);
  });

  it("refuses a missing applied file", async () => {
    write("0002_bets.sql", bets);
    const { outs } = await handler.create(inputs());
    rmSync(join(directory, "0002_bets.sql"));
    assert.match(
      (await handler.check(outs, inputs())).failures[0]?.reason ?? "",
      /0002_bets.sql was applied, but the file is gone/,
    );
    await assert.rejects(handler.update("", outs, inputs()), /0002_bets.sql was applied, but the file is gone/);
  });

  it("refuses a file that changed between plan and run", async () => {
    const planned = inputs();
    write("0001_accounts.sql", bets);
    await assert.rejects(handler.create(planned), /0001_accounts.sql changed after this run had read it; run again/);
  });

  it("may run four times at once, and for two services that are both the first", async () => {
    write("0002_bets.sql", bets);
    const shop = { service: "shop-2", directory: mkdtempSync(join(tmpdir(), "plinth-migrations-")) };
    writeFileSync(join(shop.directory, "0001_orders.sql"), "create table orders (id bigint)");
    const other = { ...inputs(), ...shop, files: listMigrations(shop.directory) };
    const all = await Promise.all([inputs(), inputs(), other, other].map((one) => handler.create(one)));
    rmSync(shop.directory, { recursive: true });
    assert.deepEqual(
      all.map(({ outs }) => outs.applied.length),
      [2, 2, 1, 1],
    );
    assert.equal((await history()).length, 3);
  });

  it("finds missing files by a refresh, and applies them again", async () => {
    write("0002_bets.sql", bets);
    const { outs } = await handler.create(inputs());
    await query(
      databaseUrl,
      `delete from plinth_migrations where name = '0002_bets.sql'; drop table "${service}".bets`,
    );
    const read = await handler.read("migrations/wallet", outs);
    assert.deepEqual([read.id, read.props.applied], ["migrations/wallet", ["0001_accounts.sql"]]);
    assert.equal((await handler.diff("", read.props, inputs())).changes, true);
    assert.equal((await handler.update("", read.props, inputs())).outs.applied.length, 2);
    assert.ok((await tables()).includes("bets"));
  });

  it("plans to apply its files again to a database that lacks them", async () => {
    const { outs } = await handler.create(inputs());
    assert.equal((await handler.diff("", outs, inputs())).changes, false);
    await query(databaseUrl, `drop table plinth_migrations; drop schema "${service}" cascade`);
    assert.equal((await handler.diff("", outs, inputs())).changes, true);
    await handler.update("", outs, inputs());
    assert.equal((await handler.diff("", outs, inputs())).changes, false);
  });

  it("is gone for a refresh without its history", async () => {
    const { outs } = await handler.create(inputs());
    await query(databaseUrl, "drop table plinth_migrations");
    assert.equal((await handler.read("migrations/wallet", outs)).id, "");
  });

  it("drops nothing when it is destroyed (PLT-4)", async () => {
    const { outs } = await handler.create(inputs());
    await handler.delete("migrations/wallet", outs);
    assert.deepEqual(await tables(), ["accounts", "plinth_migrations"]);
  });

  describe("over a connection that breaks", () => {
    let proxy: CuttingProxy | undefined;
    afterEach(() => proxy?.stop());

    for (const marker of ["pg_try_advisory_lock", "create table accounts", "insert into plinth_migrations", "commit"]) {
      it(`converges when the answer to '${marker}' is lost (PLT-10)`, async () => {
        proxy = await startCuttingProxy((await postgres()).port, marker);
        const { outs } = await handler.create(inputs({ databaseUrl: withPort(databaseUrl, proxy.port) }));
        assert.equal(proxy.cuts(), 1);
        assert.deepEqual(outs.applied, ["0001_accounts.sql"]);
        assert.deepEqual(await tables(), ["accounts", "plinth_migrations"]);
      });
    }
  });

  for (const [invalid, expected] of [
    [{ service: "Wallet!" }, /'Wallet!' is not a service name/],
    [{ files: [{ name: "0002_b.sql", checksum: "" }] }, /0001 is missing before 0002_b.sql/],
    [{ databaseUrl: "s3cret" }, /databaseUrl is not a URL/],
  ] as const) {
    it(`refuses ${JSON.stringify(invalid)}`, async () => {
      const { failures } = await handler.check({}, { ...inputs(), ...(invalid as Partial<MigrationsInputs>) });
      assert.equal(failures.length, 1);
      assert.match(failures[0]!.reason, expected);
    });
  }
});
