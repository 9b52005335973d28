import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createEventEnvelope } from "@plinth/kit/core/event-envelope.ts";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { runInTrace } from "@plinth/kit/core/trace-context.ts";
import { createDatabase } from "@plinth/kit/database/database.ts";
import { PoisonEvent, type ReceivedEvent } from "@plinth/kit/kafka/received-event.ts";
import type { PaymentEvent } from "@plinth/schemas/generated/index.ts";
import { createPaymentHandler } from "@plinth/wallet/use-cases/balances.ts";
import { platform, TENANT } from "../../../support/services/platform.ts";

describe("sums of payments in the wallet", () => {
  it("reject a batch whose partial sum exceeds 2^53 cents, and change no balance (SHOP-3)", async () => {
    const at = await platform();
    const logger = createLogger({ service: "wallet", version: "test", level: "silent" });
    const database = createDatabase({ url: at.database.url, name: "wallet", logger });
    const account = randomUUID();
    const scoped = (text: string) => database.withTenant(TENANT, (transaction) => transaction.query({ text }));
    await scoped(`insert into accounts (tenant_id, account_id, currency) values (${TENANT}, '${account}', 'EUR')`);
    const apply = createPaymentHandler({
      database,
      outbox: { append: () => undefined },
      notifyCommitted: () => undefined,
    });
    const amounts = [Number.MAX_SAFE_INTEGER, 2, -Number.MAX_SAFE_INTEGER];
    const received = amounts.map((cents): ReceivedEvent<PaymentEvent> => {
      const event_data = {
        payment_id: randomUUID(),
        account_id: account,
        amount_cents: Math.abs(cents),
        currency: "EUR",
        reason: "ADJUSTMENT" as const,
        bet_id: null,
      };
      const event_type = cents < 0 ? ("PAYMENT_DEBITED" as const) : ("PAYMENT_CREDITED" as const);
      return {
        event: { ...createEventEnvelope(TENANT, account), event_type, event_data },
        correlationId: undefined,
        trace: undefined,
      };
    });
    const outcomes = await Promise.allSettled([apply(received)]);
    const { rows } = await scoped(`select balance_cents from balances where account_id = '${account}'`);
    await database.close();
    assert.deepEqual([outcomes[0]?.status, rows], ["rejected", []]);
  });

  it("writes each balance's event with the correlation id and the trace of its own request (OBS-5)", async () => {
    const logger = createLogger({ service: "wallet", version: "test", level: "silent" });
    const at = await platform();
    const database = createDatabase({ url: at.database.url, name: "wallet", logger });
    const account = randomUUID();
    const insert = `insert into accounts (tenant_id, account_id, currency) values (${TENANT}, '${account}', 'EUR')`;
    await database.withTenant(TENANT, (transaction) => transaction.query({ text: insert }));
    const appended: Record<string, unknown>[] = [];
    const apply = createPaymentHandler({
      database,
      outbox: { append: (_transaction, events) => void appended.push(...(events as unknown as typeof appended)) },
      notifyCommitted: () => undefined,
    });
    const traceOf = (digit: string) => ({ traceId: digit.repeat(32), spanId: digit.repeat(16), sampled: true });
    const received = ["1", "2", undefined].map((digit): ReceivedEvent<PaymentEvent> => {
      const event_data = { payment_id: randomUUID(), account_id: account, amount_cents: 5, currency: "EUR" };
      return {
        event: {
          ...createEventEnvelope(TENANT, account),
          event_type: "PAYMENT_CREDITED",
          event_data: { ...event_data, reason: "ADJUSTMENT", bet_id: null },
        },
        correlationId: digit && `request-${digit}`,
        trace: digit === undefined ? undefined : traceOf(digit),
      };
    });
    const applying = { ...traceOf("1"), spanId: "f".repeat(16) };
    await runInTrace(applying, () => apply(received));
    await database.close();
    assert.deepEqual(
      appended.map(({ correlationId, trace }) => [correlationId, trace]),
      [
        ["request-1", applying],
        ["request-2", traceOf("2")],
        [undefined, undefined],
      ],
    );
  });

  it("refuses a payment in another currency, for no account, for another one, or beyond 2^53 - 1 cents", async () => {
    const logger = createLogger({ service: "wallet", version: "test", level: "silent" });
    const at = await platform();
    const database = createDatabase({ url: at.database.url, name: "wallet", logger });
    const [account, stranger] = [randomUUID(), randomUUID()];
    const scoped = (text: string) => database.withTenant(TENANT, (transaction) => transaction.query({ text }));
    await scoped(`insert into accounts (tenant_id, account_id, currency) values (${TENANT}, '${account}', 'EUR')`);
    const apply = createPaymentHandler({
      database,
      outbox: { append: () => undefined },
      notifyCommitted: () => undefined,
    });
    const payment = (change: object, aggregate = account): ReceivedEvent<PaymentEvent> => ({
      event: {
        ...createEventEnvelope(TENANT, aggregate),
        event_type: "PAYMENT_CREDITED",
        event_data: {
          payment_id: randomUUID(),
          account_id: account,
          amount_cents: 5,
          currency: "EUR",
          reason: "ADJUSTMENT",
          bet_id: null,
          ...change,
        },
      },
      correlationId: undefined,
      trace: undefined,
    });
    await apply([payment({ amount_cents: Number.MAX_SAFE_INTEGER - 1 })]);
    const refused: [ReceivedEvent<PaymentEvent>, RegExp][] = [
      [payment({ currency: "USD" }), /is in USD, but account .* is in EUR/],
      [payment({ currency: "eur" }), /is in eur, but account .* is in EUR/],
      [payment({ account_id: stranger }, stranger), /the tenant has no account/],
      [payment({ account_id: stranger }), /aggregate is .*, but its account/],
      [payment({ amount_cents: 2 }), /beyond 2\^53 - 1 cents/],
    ];
    for (const [received, words] of refused)
      await assert.rejects(
        apply([received]),
        (error: Error) => error instanceof PoisonEvent && words.test(error.message),
      );
    await apply([payment({ amount_cents: 1, account_id: account.toUpperCase() })]);
    const { rows } = await scoped(`select balance_cents, sequence from balances where account_id = '${account}'`);
    await database.close();
    assert.deepEqual(rows, [{ balance_cents: Number.MAX_SAFE_INTEGER, sequence: 2 }]);
  });
});
