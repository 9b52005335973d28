-- As accounts.available_cents: what every reader of the JSON and of the event can hold. A payment beyond it is a dead letter and leaves the
-- balance as it was.
alter table balances add constraint balances_exact check (balance_cents between -9007199254740991 and 9007199254740991) not valid;
