import assert from "node:assert/strict";
import { createTenantRowsHandler } from "@plinth/providers/handlers/tenants.ts";
import type { TenantRowsInputs } from "@plinth/providers/tenants.ts";
import { type CuttingProxy, startCuttingProxy } from "../../../support/servers/cutting-proxy.ts";
import { emptyDatabase, query, withPort } from "../../../support/servers/databases.ts";
import { postgres } from "../../../support/servers/servers.ts";

const handler = createTenantRowsHandler({ deadlineMs: 10_000 });
const impatient = createTenantRowsHandler({ deadlineMs: 600 });

describe("Tenants on a real PostgreSQL", () => {
  let databaseUrl: string;
  const inputs = (tenants: string): TenantRowsInputs => ({ databaseUrl, batch: "0", tenants, providerVersion: 1 });
  const stored = async () =>
    (await query<{ id: string }>(databaseUrl, "select id from tenants order by id")).map(({ id }) => Number(id));
  beforeEach(async () => {
    databaseUrl = await emptyDatabase();
  });

  it("creates the table with its columns, and seeds the ids (INF-3)", async () => {
    const { id, outs } = await handler.create(inputs("10001,20000-20002"));
    assert.equal(id, "tenants/0");
    assert.deepEqual([outs.rows, outs.distributed, outs.onRemoval], [4, false, "rows are kept"]);
    assert.deepEqual(await stored(), [10001, 20000, 20001, 20002]);
    const columns = await query(
      databaseUrl,
      `select column_name, data_type, is_nullable from information_schema.columns
       where table_name = 'tenants' and table_schema = current_schema order by ordinal_position`,
    );
    assert.deepEqual(columns, [
      { column_name: "id", data_type: "bigint", is_nullable: "NO" },
      { column_name: "created_at", data_type: "timestamp with time zone", is_nullable: "NO" },
    ]);
  });

  it("writes nothing the second time", async () => {
    await handler.create(inputs("1-1000"));
    const before = await query(databaseUrl, "select id, xmin::text, created_at from tenants order by id");
    await handler.create(inputs("1-1000"));
    assert.deepEqual(await query(databaseUrl, "select id, xmin::text, created_at from tenants order by id"), before);
  });

  it("seeds 100,000 tenants in one statement", async () => {
    assert.equal((await handler.create(inputs("100000-199999"))).outs.rows, 100_000);
    assert.deepEqual(
      await query(databaseUrl, "select count(*)::int as n, min(id)::int as a, max(id)::int as b from tenants"),
      [{ n: 100_000, a: 100_000, b: 199_999 }],
    );
  });

  it("keeps rows when a tenant leaves and when the resource is destroyed (PLT-4)", async () => {
    const { outs } = await handler.create(inputs("1-3"));
    await handler.update("tenants/0", outs, inputs("2"));
    await handler.delete("tenants/0", outs);
    assert.deepEqual(await stored(), [1, 2, 3]);
  });

  describe("tenants that leave the configuration", () => {
    const declaring = (tenants: string, declared = tenants, batch = "0") => ({ ...inputs(tenants), declared, batch });
    const locked = async () =>
      (await query<{ id: string }>(databaseUrl, "select id from locked_tenants order by id")).map(({ id }) =>
        Number(id),
      );

    it("are locked out, and served again with their row once they are back", async () => {
      const { outs } = await handler.create(declaring("1-5"));
      assert.deepEqual(await locked(), []);
      const { outs: fewer } = await handler.update("tenants/0", outs, declaring("1-2,5"));
      assert.deepEqual(
        [await stored(), await locked()],
        [
          [1, 2, 3, 4, 5],
          [3, 4],
        ],
      );
      await handler.update("tenants/0", fewer, declaring("1-3,5"));
      assert.deepEqual([await stored(), await locked()], [[1, 2, 3, 4, 5], [4]]);
    });

    it("are locked out with their whole batch, also while the stack was down", async () => {
      await handler.create(declaring("1-3", "1-3,9000-9001"));
      const { outs } = await handler.create({ ...inputs("9000-9001"), batch: "3" });
      await handler.delete("tenants/3", outs);
      await handler.create(declaring("2-3"));
      assert.deepEqual(
        [await stored(), await locked()],
        [
          [1, 2, 3, 9000, 9001],
          [1, 9000, 9001],
        ],
      );
    });

    it("stay as they are when the stack is destroyed and when the resource is replaced", async () => {
      const { outs } = await handler.create(declaring("1-3"));
      await handler.create(declaring("1-3"));
      await handler.delete("tenants/0", outs);
      assert.deepEqual(await locked(), []);
    });

    it("are named in the plan, from the state or else from the database", async () => {
      const said = async (olds: TenantRowsInputs, news: TenantRowsInputs) => {
        const lines: string[] = [];
        const { write } = process.stderr;
        process.stderr.write = (text) => lines.push(String(text)) > 0;
        try {
          const outs = { ...olds, rows: 0, distributed: false, onRemoval: "rows are kept" as const };
          assert.equal((await handler.diff("tenants/0", outs, news)).changes, true);
        } finally {
          process.stderr.write = write;
        }
        return lines.join("");
      };
      const sentence = (ids: string) =>
        `tenants locked out: ${ids}; their data stays, their requests are refused within seconds\n`;
      assert.equal(await said(declaring("1-9"), declaring("1-2,5-8")), sentence("3-4,9"));
      assert.equal(await said(declaring("1-9"), declaring("1-10")), "");
      await handler.create(declaring("1-9"));
      assert.equal(await said(inputs("5-9"), declaring("5-9")), sentence("1-4"));
    });
  });

  it("shows missing rows as drift, and seeds them again", async () => {
    const { outs } = await handler.create(inputs("1-10"));
    await query(databaseUrl, "delete from tenants where id in (4, 10)");
    const read = await handler.read("tenants/0", outs);
    assert.deepEqual(
      [read.id, read.props.tenants, read.props.rows, read.inputs?.tenants],
      ["tenants/0", "1-3,5-9", 8, "1-3,5-9"],
    );
    assert.equal((await handler.diff("tenants/0", read.props, inputs("1-10"))).changes, true);
    await handler.update("tenants/0", read.props, inputs("1-10"));
    assert.equal((await stored()).length, 10);
  });

  for (const statement of ["delete from tenants", "drop table tenants"])
    it(`plans to seed all rows after '${statement}'`, async () => {
      const { outs } = await handler.create(inputs("10001"));
      await query(databaseUrl, statement);
      assert.equal((await handler.diff("tenants/0", outs, inputs("10001"))).changes, true);
      await handler.update("tenants/0", outs, inputs("10001"));
      assert.deepEqual(await stored(), [10001]);
    });

  it("plans to seed rows that were deleted by hand", async () => {
    const { outs } = await handler.create(inputs("1-10"));
    await query(databaseUrl, "delete from tenants where id = 4");
    assert.equal((await handler.diff("tenants/0", outs, inputs("1-10"))).changes, true);
    await handler.update("tenants/0", outs, inputs("1-10"));
    assert.equal((await handler.diff("tenants/0", outs, inputs("1-10"))).changes, false);
  });

  it("is gone for a refresh without its table", async () => {
    const { outs } = await handler.create(inputs("1"));
    await query(databaseUrl, "drop table tenants");
    assert.equal((await handler.read("tenants/0", outs)).id, "");
  });

  it("finds no change after a create", async () => {
    const { outs } = await handler.create(inputs("1-10"));
    const read = await handler.read("tenants/0", outs);
    assert.deepEqual(read.props, outs);
    assert.deepEqual(await handler.diff("tenants/0", outs, inputs("1-10")), { changes: false });
  });

  it("may be created by eight runs at once", async () => {
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, batch) =>
        handler.create({ ...inputs(`${batch * 100 + 1}-${batch * 100 + 100}`), batch: `${batch}` }),
      ),
    );
    assert.equal(
      all.reduce((sum, { outs }) => sum + outs.rows, 0),
      800,
    );
    assert.equal((await stored()).length, 800);
  });

  describe("over a connection that breaks", () => {
    let proxy: CuttingProxy | undefined;
    afterEach(() => proxy?.stop());

    for (const marker of ["create table", "commit", "insert into tenants"]) {
      it(`converges when the answer to '${marker}' is lost (PLT-10)`, async () => {
        proxy = await startCuttingProxy((await postgres()).port, marker);
        await handler.create({ ...inputs("1-50"), databaseUrl: withPort(databaseUrl, proxy.port) });
        assert.equal(proxy.cuts(), 1);
        assert.equal((await stored()).length, 50);
      });
    }
  });

  it("names the user and the database of a wrong password, and hides the password", async () => {
    const wrong = new URL(databaseUrl);
    wrong.password = "s3cret%2F";
    await assert.rejects(handler.create({ ...inputs("1"), databaseUrl: wrong.href }), (error: Error) => {
      assert.match(
        error.message,
        /^the database postgresql:\/\/app@localhost:\d+\/app did not serve the request: password authentication failed/,
      );
      assert.doesNotMatch(`${error.message}${error.stack}`, /s3cret/);
      return true;
    });
  });

  it("gives up on a missing database at the deadline", async () => {
    const started = Date.now();
    await assert.rejects(
      impatient.create({ ...inputs("1"), databaseUrl: "postgresql://app:s3cret@127.0.0.1:1/app" }),
      /^the database postgresql:\/\/app@127.0.0.1:1\/app did not serve the request within 1 s: .*ECONNREFUSED/,
    );
    assert.ok(Date.now() - started < 3_000);
  });

  for (const [invalid, expected] of [
    [{ tenants: "5-1" }, /the range "5-1" ends before it begins/],
    [{ databaseUrl: "mysql://app:s3cret@x/y" }, /databaseUrl begins with mysql:\/\/, but postgresql:\/\/ is needed/],
    [{ databaseUrl: "s3cret" }, /databaseUrl is not a URL/],
    [{ databaseUrl: "postgresql://app:s3cret@host" }, /databaseUrl names no host or no database/],
  ] as const) {
    it(`refuses ${JSON.stringify(invalid)}`, async () => {
      const { failures } = await handler.check({}, { ...inputs("1"), ...invalid });
      assert.equal(failures.length, 1);
      assert.match(failures[0]!.reason, expected);
      assert.doesNotMatch(failures[0]!.reason, /s3cret/);
    });
  }

  it("skips unknown values of a preview", async () => {
    const { failures } = await handler.check(
      {},
      { ...inputs("1"), databaseUrl: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" },
    );
    assert.deepEqual(failures, []);
  });
});
