import assert from "node:assert/strict";
import { insertRows } from "@plinth/kit/database/bulk-insert.ts";
import { createDatabase, type Database } from "@plinth/kit/database/database.ts";
import pg from "pg";
import { logger } from "../../../../support/kit/test-topic.ts";
import { postgres } from "../../../../support/servers/servers.ts";

describe("bulk insert", () => {
  let owner: pg.Client;
  let database: Database;
  before(async () => {
    const { url } = await postgres();
    owner = new pg.Client(url);
    await owner.connect();
    await owner.query(`create schema bulk; create table bulk.one (number int, id bigserial);
      create table bulk.other (number int)`);
    database = createDatabase({ url, name: "bulk", logger, maxConnections: 1 });
  });
  after(async () => {
    await database.close();
    await owner.query("drop schema bulk cascade");
    await owner.end();
  });
  const insert = (table: string, numbers: readonly number[]) =>
    database.withTenant(1, async (transaction) =>
      insertRows(
        transaction,
        "bulk-insert",
        `${table} (number)`,
        numbers.map((number) => [number]),
      ),
    );

  it("inserts any number of rows in order", async () => {
    const numbers = Array.from({ length: 64 + 16 + 4 + 3 }, (_, index) => index);
    await insert("one", numbers);
    const { rows } = await owner.query<{ number: number }>("select number from bulk.one order by id");
    assert.deepEqual(
      rows.map(({ number }) => number),
      numbers,
    );
  });

  it("fails if two targets share a statement's name", async () => {
    await insert("one", [1]);
    await assert.rejects(insert("other", [1]), /must be unique/);
  });
});
