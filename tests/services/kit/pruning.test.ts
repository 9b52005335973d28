import assert from "node:assert/strict";
import { createDatabase } from "@plinth/kit/database.ts";
import { prune } from "@plinth/kit/pruning.ts";
import { insertRows } from "@plinth/kit/rows.ts";
import pg from "pg";
import { postgres } from "../../support/servers.ts";
import { logger } from "./topic.ts";

describe("kit: rows", () => {
  let owner: pg.Client;
  let url: string;
  before(async () => {
    ({ url } = await postgres());
    owner = new pg.Client(url);
    await owner.connect();
    await owner.query(`create schema prunes; create table prunes.seen (at timestamptz); create table prunes.other (at timestamptz);
      create function prunes.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(6); return old; end $$;
      create trigger slow before delete on prunes.seen for each row execute function prunes.slow()`);
  });
  after(async () => {
    await owner.query("drop schema prunes cascade");
    await owner.end();
  });

  it("are forgotten although they are more than the time of a request's statement is enough for", async () => {
    await owner.query("insert into prunes.seen values (now() - interval '3 days'), (now())");
    const database = createDatabase({ url, name: "prunes", logger });
    await prune(database, logger, { table: "seen", column: "at", days: 2 });
    const { rows } = await owner.query("select at > now() - interval '1 day' as recent from prunes.seen");
    await database.close();
    assert.deepEqual(rows, [{ recent: true }]);
  });

  it("never go to the table of another statement of the same name", async () => {
    const database = createDatabase({ url, name: "prunes", logger, connections: 1 });
    const insert = (table: string) =>
      database.withTenant(1, async (transaction) => insertRows(transaction, "seen-insert", `${table} (at)`, [[new Date(0)]]));
    await insert("prunes.other");
    await assert.rejects(insert("prunes.seen"), /must be unique/);
    await database.close();
  });
});
