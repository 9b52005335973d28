import assert from "node:assert/strict";
import { createDatabase } from "@plinth/kit/database/database.ts";
import { pruneTable } from "@plinth/kit/database/pruning.ts";
import pg from "pg";
import { waitUntil } from "../../../../support/eventually.ts";
import { logger } from "../../../../support/kit/test-topic.ts";
import { postgres } from "../../../../support/servers/servers.ts";

describe("pruning", () => {
  let owner: pg.Client;
  let url: string;
  before(async () => {
    ({ url } = await postgres());
    owner = new pg.Client(url);
    await owner.connect();
    await owner.query(`create schema prunes; create table prunes.seen (at timestamptz);
      create function prunes.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(6); return old; end $$;
      create trigger slow before delete on prunes.seen for each row execute function prunes.slow()`);
  });
  after(async () => {
    await owner.query("drop schema prunes cascade");
    await owner.end();
  });

  it("deletes more rows than fit into the timeout of a request's statement", async () => {
    await owner.query("insert into prunes.seen values (now() - interval '3 days'), (now())");
    const database = createDatabase({ url, name: "prunes", logger });
    await pruneTable(database, logger, { table: "seen", column: "at", days: 2 }, new AbortController().signal);
    const { rows } = await owner.query("select at > now() - interval '1 day' as recent from prunes.seen");
    await database.close();
    assert.deepEqual(rows, [{ recent: true }]);
  });

  it("rolls back and ends its statement when the service stops (SDG-1)", async () => {
    await owner.query(
      "create table prunes.endless (at timestamptz); insert into prunes.endless values (now() - interval '3 days')",
    );
    await owner.query(`create function prunes.endless() returns trigger language plpgsql as $$ begin perform pg_sleep(100); return old; end $$;
      create trigger endless before delete on prunes.endless for each row execute function prunes.endless()`);
    const database = createDatabase({ url, name: "prunes", logger });
    const stopping = new AbortController();
    const pruning = pruneTable(database, logger, { table: "endless", column: "at", days: 2 }, stopping.signal);
    const deletes = async () =>
      (await owner.query("select from pg_stat_activity where query like 'delete from endless%'")).rowCount;
    await waitUntil("the deletion is under way", deletes);
    const startedAt = performance.now();
    stopping.abort();
    await pruning;
    await database.close();
    assert.ok(performance.now() - startedAt < 2000, `${performance.now() - startedAt} ms`);
    await waitUntil("the server has stopped the deletion", deletes, (count) => count === 0);
    assert.equal((await owner.query("select from prunes.endless")).rowCount, 1);
  });
});
