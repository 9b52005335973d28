import assert from "node:assert/strict";
import { isTransient } from "@plinth/kit/core/database-errors.ts";
import { ServiceError } from "@plinth/kit/core/errors.ts";
import { createDatabase, type Database } from "@plinth/kit/database/database.ts";
import type { Transaction } from "@plinth/kit/database/transaction.ts";
import { startFaultProxy } from "@plinth/kit/testing/fault-proxy.ts";
import pg from "pg";
import { logger } from "../../../../support/kit/test-topic.ts";
import { postgres } from "../../../../support/servers/servers.ts";

/** On a database that fails in the ways in which databases fail. */
describe("transaction", () => {
  let url: string;
  let owner: pg.Client;
  let database: Database;

  before(async () => {
    ({ url } = await postgres());
    owner = new pg.Client(url);
    await owner.connect();
    await owner.query("create schema faults; create table faults.notes (id int primary key, text text)");
  });
  // One connection: the next transaction finds what one leaves behind.
  beforeEach(() => {
    database = createDatabase({ url, name: "faults", logger, maxConnections: 1 });
  });
  afterEach(async () => {
    await database.close();
    await owner.query("truncate faults.notes");
  });
  after(async () => {
    await owner.query("drop schema faults cascade");
    await owner.end();
  });

  const note = (transaction: Transaction, id: number) =>
    transaction.query({ name: "note", text: "insert into notes (id) values ($1)", values: [id] });
  const ids = async () =>
    (await owner.query<{ id: number }>("select id from faults.notes order by id")).rows.map(({ id }) => id);
  const failing = (state: string) => ({ text: `do $$ begin raise exception 'no' using errcode = '${state}'; end $$` });

  it("leaves a server that a failover made read-only for the one that takes writes (SDG-3)", async () => {
    await database.query({ text: "set default_transaction_read_only = on" });
    await database.withTenant(1, (transaction) => note(transaction, 1));
    assert.deepEqual(await ids(), [1]);
  });

  for (const [state, what] of [
    ["25006", "takes no writes"],
    ["28P01", "has another password"],
    ["3D000", "does not exist yet"],
    ["58030", "cannot read its disk"],
    ["25P03", "ended an idle transaction"],
  ])
    it(`counts a database that ${what} (${state}) as away, so that events wait for it`, async () => {
      await assert.rejects(
        database.withTenant(1, (transaction) => transaction.query(failing(state as string))),
        (error) => error instanceof ServiceError && error.code === "unavailable" && isTransient(error),
      );
    });

  it("works after a migration changed what a prepared statement returns", async () => {
    const read = () =>
      database.withTenant(1, (transaction) => transaction.query({ name: "read", text: "select * from notes" }));
    await read();
    await owner.query("alter table faults.notes add column more text");
    assert.deepEqual((await read()).rows, []);
  });

  it("returns no connection with an open transaction to the pool", async () => {
    const failed = database.withTenant(1, async (transaction) => {
      note(transaction, 1);
      transaction.query(failing("53100"));
      throw new Error("of the service itself");
    });
    await assert.rejects(failed, /of the service itself/);
    await database.withTenant(2, (transaction) => note(transaction, 2));
    assert.deepEqual(await ids(), [2]);
  });

  it("reports a failure, not an unknown outcome, when the server answered the commit", async () => {
    await assert.rejects(
      database.withTenant(1, async (transaction) => {
        note(transaction, 1);
        transaction.query(failing("53100"));
      }),
      (error) => error instanceof ServiceError && error.code === "unavailable" && !error.message.includes("unknown"),
    );
    assert.deepEqual(await ids(), []);
  });

  it("rejects queries after its end, when its connection may be another tenant's (PLT-7)", async () => {
    let kept: Transaction | undefined;
    await database.withTenant(1, async (transaction) => {
      kept = transaction;
      await note(transaction, 1);
    });
    await database.withTenant(2, async (transaction) => {
      await note(transaction, 2);
      await assert.rejects(note(kept as Transaction, 3), /transaction has ended/);
    });
    assert.deepEqual(await ids(), [1, 2]);
    let failed: Transaction | undefined;
    await assert.rejects(
      database.withTenant(1, async (transaction) => {
        failed = transaction;
        throw new Error("no");
      }),
    );
    await assert.rejects(note(failed as Transaction, 4), /transaction has ended/);
  });

  it("closes idle and busy connections to a silent server within 2 s (SDG-1)", async () => {
    const proxy = await startFaultProxy(Number(new URL(url).port));
    const silent = createDatabase({
      url: Object.assign(new URL(url), { port: String(proxy.port) }).href,
      name: "faults",
      logger,
    });
    try {
      await silent.query({ text: "select 1" });
      const [idle, busy] = [await silent.connect(), await silent.connect()];
      proxy.blackHole();
      const asked = assert.rejects(busy.query({ text: "select 1" }), /terminated/);
      const startedAt = performance.now();
      await Promise.all([idle.close(), busy.close(), silent.close(), asked]);
      assert.ok(performance.now() - startedAt < 2000, `${performance.now() - startedAt} ms`);
    } finally {
      await proxy.stop();
    }
  });
});
