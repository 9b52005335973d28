import assert from "node:assert/strict";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { createDatabase } from "@plinth/kit/database/database.ts";
import pg from "pg";
import { postgres } from "../../../../support/servers/servers.ts";

describe("the schema of a service (SHOP-1)", () => {
  for (const name of ["shop-order", 'odd "name', "back\\slash, comma"])
    it(`of ${name} comes first in the search path, then public`, async () => {
      const { url } = await postgres();
      const schema = pg.escapeIdentifier(name);
      const owner = new pg.Client(url);
      await owner.connect();
      await owner.query(
        `create schema ${schema}; create table ${schema}.own (id int); create table if not exists shared (id int)`,
      );
      const database = createDatabase({
        url,
        name,
        logger: createLogger({ service: name, version: "", level: "silent" }),
      });
      try {
        const text =
          "select relnamespace::regnamespace::text as schema from pg_class where oid in ('own'::regclass, 'shared'::regclass) order by relname";
        const { rows } = await database.query<{ schema: string }>({ text });
        assert.deepEqual(rows, [{ schema }, { schema: "public" }]);
        const settings = await database.query({
          text: "select current_setting('statement_timeout') as timeout, current_setting('search_path') as path",
        });
        assert.deepEqual(settings.rows, [{ timeout: "5s", path: `"${name.replaceAll('"', '""')}",public` }]);
      } finally {
        await database.close();
        await owner.query(`drop schema ${schema} cascade; drop table shared`);
        await owner.end();
      }
    });
});
