import assert from "node:assert/strict";
import { createDatabase, type Database } from "@plinth/kit/database/database.ts";
import pg from "pg";
import { waitUntil } from "../../../../support/eventually.ts";
import { createTopic, eventsOf, logger, type TestTopic } from "../../../../support/kit/test-topic.ts";
import { postgres } from "../../../../support/servers/servers.ts";

/** The migration has not run yet or has gone too far, or a grant was revoked. */
describe("consumer on a database that does not match the service", () => {
  let at: TestTopic;
  let owner: pg.Client;
  let database: Database;
  before(async () => {
    const { url } = await postgres();
    owner = new pg.Client(url);
    await owner.connect();
    database = createDatabase({ url, name: "unmigrated", logger });
  });
  beforeEach(async () => {
    at = await createTopic();
    await owner.query("create schema unmigrated");
  });
  afterEach(async () => {
    await at.close();
    await owner.query("drop schema unmigrated cascade");
  });
  after(async () => {
    await database.close();
    await owner.end();
  });

  const TABLE = "create table notes (id int primary key, text text)";
  const REVOKED = `${TABLE}; revoke all on notes from app`;
  for (const [state, what, earlier, later] of [
    ["42P01", "table", "", TABLE],
    ["42703", "column", "create table notes (id int primary key)", "alter table notes add text text"],
    ["42P10", "unique index", "create table notes (id int, text text)", "alter table notes add primary key (id)"],
    ["42501", "grant", REVOKED, "grant all on notes to app"],
  ] as const)
    it(`waits in order and without dead letters for a missing ${what}, ${state} (SDG-6)`, async () => {
      const run = (sql: string) => owner.query(`set search_path = unmigrated; ${sql}; reset search_path`);
      await run(earlier);
      await at.publish(eventsOf(["a"], 2));
      const attempts: [number, string | undefined][] = [];
      const note = async (id: number) => {
        const text = "insert into notes (id, text) values ($1, 'x') on conflict (id) do nothing";
        const { rowCount } = await database.withTenant(1, (transaction) => transaction.query({ text, values: [id] }));
        return rowCount === 1;
      };
      at.consume(async ({ event: { number } }) => {
        try {
          const added = await note(number);
          attempts.push([number, undefined]);
          return added;
        } catch (error) {
          attempts.push([number, (error as { code?: string }).code]);
          throw error;
        }
      });
      // One more than the attempts before a dead letter.
      await waitUntil("it has been tried", () => attempts.length >= 4);
      await run(later);
      await waitUntil("both are applied", () => attempts.at(-1)?.[0] === 1 && attempts.at(-1)?.[1] === undefined);
      assert.deepEqual(
        new Set(attempts.slice(0, -2).map(([number, code]) => `${number} ${code}`)),
        new Set([`0 ${state}`]),
      );
      assert.equal(await at.metric("consumer_events_total", { result: "dead_letter" }), undefined);
    });

  it("makes a dead letter of an event whose rows the policies refuse (PLT-7)", async () => {
    await owner.query(`create table unmigrated.notes (id int); alter table unmigrated.notes enable row level security;
      alter table unmigrated.notes force row level security; create policy own on unmigrated.notes using (id = 1)`);
    await at.publish(eventsOf(["a"], 2));
    at.consume(async ({ event: { number } }) => {
      await database.withTenant(1, (transaction) =>
        transaction.query({ text: "insert into notes values ($1)", values: [number] }),
      );
      return true;
    });
    const [dead] = await at.read(at.deadLetters, 1);
    assert.match(dead?.headers.dead_letter_reason ?? "", /row-level security/);
    await waitUntil("the next one is applied", () => at.metric("consumer_events_total", { result: "applied" }));
  });
});
