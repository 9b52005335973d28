-- A refusal is an answer too: one of `answer` and `refusal` is set once the transaction that claimed the key has ended.
alter table idempotency_keys add column refusal jsonb;
