-- The wallet's tables. Runs on PostgreSQL and on Citus: every key and foreign key holds tenant_id, and plinth_distribute shards a table by
-- it, beside `tenants`, where the extension is.
--
-- Row-level security is the second wall behind the queries' own `tenant_id = …`: without app.tenant_id a query sees no row. FORCE applies it
-- to the owner too, which is the role that the service connects as. The setting is made per transaction, by the database module alone.
-- `app.scope = 'system'` opens outbox, inbox and idempotency keys, and nothing else, to the relay and to pruning: they work across tenants by
-- nature.

create table accounts (
  tenant_id bigint not null,
  account_id uuid not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  -- The ledger's own balance, changed with the bet in one transaction. 2^53 - 1 is what every reader of the JSON can hold.
  available_cents bigint not null default 0 check (available_cents between 0 and 9007199254740991),
  created_at timestamptz not null default now(),
  primary key (tenant_id, account_id)
-- Updated once a bet: room in each page keeps those updates out of the index.
) with (fillfactor = 50);

create table bets (
  tenant_id bigint not null,
  bet_id uuid not null,
  account_id uuid not null,
  amount_cents bigint not null check (amount_cents > 0),
  selection text not null,
  placed_at timestamptz not null,
  primary key (tenant_id, bet_id)
);

create table payments (
  tenant_id bigint not null,
  payment_id uuid not null,
  account_id uuid not null,
  -- Below 0 for a debit: the sum over an account is its available_cents.
  delta_cents bigint not null check (delta_cents <> 0),
  reason text not null check (reason in ('BET', 'PAYOUT', 'REFUND', 'DEPOSIT', 'WITHDRAWAL', 'ADJUSTMENT')),
  bet_id uuid,
  made_at timestamptz not null,
  primary key (tenant_id, payment_id)
);

-- What the consumer of V1_PAYMENTS has applied so far.
create table balances (
  tenant_id bigint not null,
  account_id uuid not null,
  balance_cents bigint not null,
  -- Changes applied so far.
  sequence bigint not null check (sequence > 0),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, account_id)
) with (fillfactor = 50);

create table idempotency_keys (
  tenant_id bigint not null,
  idempotency_key text not null,
  fingerprint text not null,
  -- Null only inside the transaction that claims the key.
  answer jsonb,
  created_at timestamptz not null default now(),
  primary key (tenant_id, idempotency_key)
);
create index idempotency_keys_age on idempotency_keys using brin (created_at);

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

create table inbox (
  tenant_id bigint not null,
  consumer text not null,
  event_id uuid not null,
  received_at timestamptz not null default now(),
  primary key (tenant_id, consumer, event_id)
);
create index inbox_age on inbox using brin (received_at);

select plinth_distribute('accounts');
select plinth_distribute('bets');
select plinth_distribute('payments');
select plinth_distribute('balances');
select plinth_distribute('idempotency_keys');
select plinth_distribute('outbox');
select plinth_distribute('inbox');

-- After distribution: Citus makes foreign keys only between tables that it has placed beside each other. Only accounts refers to tenants: a
-- reference from each bet would have all of a tenant's bets lock one row.
alter table accounts add constraint accounts_tenant foreign key (tenant_id) references tenants (id);
alter table bets add constraint bets_account foreign key (tenant_id, account_id) references accounts (tenant_id, account_id);
alter table payments add constraint payments_account foreign key (tenant_id, account_id) references accounts (tenant_id, account_id);
alter table balances add constraint balances_account foreign key (tenant_id, account_id) references accounts (tenant_id, account_id);

alter table accounts enable row level security;
alter table accounts force row level security;
create policy accounts_tenant on accounts using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
alter table bets enable row level security;
alter table bets force row level security;
create policy bets_tenant on bets using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
alter table payments enable row level security;
alter table payments force row level security;
create policy payments_tenant on payments using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
alter table balances enable row level security;
alter table balances force row level security;
create policy balances_tenant on balances using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
alter table idempotency_keys enable row level security;
alter table idempotency_keys force row level security;
create policy idempotency_keys_tenant on idempotency_keys using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint or current_setting('app.scope', true) = 'system');
alter table outbox enable row level security;
alter table outbox force row level security;
create policy outbox_tenant on outbox using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint or current_setting('app.scope', true) = 'system');
alter table inbox enable row level security;
alter table inbox force row level security;
create policy inbox_tenant on inbox using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint or current_setting('app.scope', true) = 'system');
