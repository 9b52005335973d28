-- The tables of the high-load service, in a schema of its own. Runs on PostgreSQL and on Citus: every key holds tenant_id, and
-- plinth_distribute shards a table by it, beside `tenants`, where the extension is.
--
-- Row-level security is the second wall behind the queries' own `tenant_id = …`, for the owner too (FORCE): without app.tenant_id a query sees
-- no row. `app.scope = 'system'` opens the outbox, and nothing else, to the relay, which works across tenants by nature.

create table users (
  tenant_id bigint not null,
  id uuid not null,
  email text not null,
  first_name text not null,
  last_name text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id)
);
-- One address is one user, however it is written.
create unique index users_email on users (tenant_id, lower(email));
create index users_newest on users (tenant_id, created_at desc, id desc);

-- user_id refers to no row: events tell of users that were removed since, or live in another service.
create table events (
  tenant_id bigint not null,
  id uuid not null,
  user_id uuid not null,
  type text not null,
  data text not null,
  created_at timestamptz not null,
  -- Null until the workers have had it.
  processed_at timestamptz,
  primary key (tenant_id, id)
-- Each row is updated once, soon after it came: room in its page keeps that update out of the indexes.
) with (fillfactor = 80);
create index events_newest on events (tenant_id, created_at desc, id desc);

create sequence outbox_id_seq as bigint;

create table outbox (
  tenant_id bigint not null,
  outbox_id bigint not null default nextval('outbox_id_seq'),
  topic text not null,
  message_key text not null,
  -- The record's value as it will be written: framed Avro, with the id of the schema that it was written by.
  payload bytea not null,
  version integer not null,
  correlation_id text,
  primary key (tenant_id, outbox_id)
-- A queue: nearly every row is soon dead, so cleaning goes by their number and not by their share.
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
create index outbox_order on outbox (outbox_id);

select plinth_distribute('users');
select plinth_distribute('events');
select plinth_distribute('outbox');

-- After distribution: Citus makes foreign keys only between tables that it has placed beside each other. None from events: each insert would
-- lock the tenant's one row.
alter table users add constraint users_tenant foreign key (tenant_id) references tenants (id);

alter table users enable row level security;
alter table users force row level security;
create policy users_tenant on users using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
alter table events enable row level security;
alter table events force row level security;
create policy events_tenant on events using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
alter table outbox enable row level security;
alter table outbox force row level security;
create policy outbox_tenant on outbox using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint or current_setting('app.scope', true) = 'system');
