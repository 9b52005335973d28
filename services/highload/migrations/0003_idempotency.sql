-- The first answers to requests with an Idempotency-Key, for a week.
create table idempotency_keys (
  tenant_id bigint not null,
  idempotency_key text not null,
  fingerprint text not null,
  -- Both are null only inside the transaction that claims the key.
  answer jsonb,
  refusal jsonb,
  created_at timestamptz not null default now(),
  primary key (tenant_id, idempotency_key)
);
create index idempotency_keys_age on idempotency_keys using brin (created_at);

select plinth_distribute('idempotency_keys');

alter table idempotency_keys enable row level security;
alter table idempotency_keys force row level security;
create policy idempotency_keys_tenant on idempotency_keys using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint or current_setting('app.scope', true) = 'system');
