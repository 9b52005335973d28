import type { Platform } from "../../support/services/platform.ts";
import { TENANT } from "../../support/services/platform.ts";
import { asTenant } from "../../support/services/tenant-rows.ts";
import { readRecords } from "../../support/services/topic-state.ts";
import type { Outcome } from "./checker.ts";

const SCHEMA = "highload";

/**
 * Creates a trigger that records each change of `processed_at`. The service does not know of it.
 */
export async function createJournal({ sql }: Platform): Promise<void> {
  await sql.query(`
    create table public.chaos_journal (turn bigserial primary key, id uuid not null, transaction bigint not null default txid_current());
    create function public.chaos_write() returns trigger language plpgsql as
      $$ begin insert into public.chaos_journal (id) values (new.id); return null; end $$;
    create trigger chaos after update on highload.events for each row
      when (old.processed_at is distinct from new.processed_at) execute function public.chaos_write();
  `);
}

export async function dropJournal({ sql }: Platform): Promise<void> {
  await sql.query("drop function public.chaos_write() cascade; drop table public.chaos_journal");
}

/** Reads the outcome for these keys, once the service is idle. */
export async function readOutcome(at: Platform, keys: ReadonlySet<string>): Promise<Outcome> {
  const rows = await asTenant({ sql: at.sql, schema: SCHEMA }, TENANT, async (client) => {
    const found = await client.query<{ id: string; name: string; processed: boolean }>(
      "select id, data as name, processed_at is not null as processed from events where user_id = any($1::uuid[])",
      [[...keys]],
    );
    return found.rows;
  });
  const { rows: effects } = await at.sql.query<{ id: string; transaction: number }>(
    "select id, transaction::int from public.chaos_journal order by turn",
  );
  const records = await readRecords(at, "user-events");
  const events = records
    .filter(({ event }) => event !== undefined && keys.has(event.event_data.user_id))
    .map(({ event }) => ({ id: event.event_data.event_id as string, name: event.event_data.data as string }));
  return { rows, events, effects };
}
