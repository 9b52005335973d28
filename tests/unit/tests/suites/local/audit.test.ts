import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { audit, type Facts } from "../../../../suites/local/audit.ts";
import type { AcknowledgedBet } from "../../../../suites/local/bet-load.ts";

describe("the audit of a load", () => {
  const [account, bet, payment, deposit] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const deposits = new Map([[account, 100]]);
  const log: AcknowledgedBet[] = [{ key: "k", bet, account, cents: 30 }];
  const right = (): Facts => ({
    bets: [{ bet, account, cents: 30 }],
    payments: [
      { payment: deposit, account, delta: 100, bet: null },
      { payment, account, delta: -30, bet },
    ],
    accounts: [{ account, available: 70, balance: 70, sequence: 2 }],
    // Delivered twice, which is allowed: its effect is once.
    betEvents: [
      { event: "e1", bet },
      { event: "e1", bet },
    ],
    paymentEvents: [
      { event: "e2", payment: deposit },
      { event: "e3", payment },
    ],
    balanceEvents: [
      { account, sequence: 1, balance: 100 },
      { account, sequence: 2, balance: 70 },
    ],
  });
  const cases: [name: string, plant: (facts: Facts) => unknown, finding: RegExp][] = [
    ["a lost bet", (facts) => facts.bets.pop(), /is in the database 0 times/],
    ["a bet placed twice", (facts) => facts.bets.push({ bet: "other", account, cents: 30 }), /was never acknowledged/],
    [
      "a stake debited twice",
      (facts) => facts.payments.push({ payment: "p", account, delta: -30, bet }),
      /is debited \[-30,-30\]/,
    ],
    ["a stake not debited", (facts) => facts.payments.pop(), /is debited \[\]/],
    ["a lost event", (facts) => facts.betEvents.splice(0), /has 0 events in V1_BETS/],
    ["two events of one bet", (facts) => facts.betEvents.push({ event: "e9", bet }), /has 3 events in V1_BETS/],
    [
      "an event applied twice",
      (facts) => Object.assign(facts.accounts[0]!, { balance: 40, sequence: 3 }),
      /"balance":40.*but must be/,
    ],
    ["a payment that was not published", (facts) => facts.paymentEvents.pop(), /has 0 events in V1_PAYMENTS/],
    ["a balance that was not published", (facts) => facts.balanceEvents.pop(), /V1_BALANCES ends/],
  ];

  it("finds nothing in correct facts", () => assert.deepEqual(audit(log, deposits, right()), []));
  for (const [name, plant, finding] of cases) {
    it(`finds ${name}`, () => {
      const facts = right();
      plant(facts);
      assert.match(audit(log, deposits, facts).join("\n"), finding);
    });
  }
  it("finds two keys that were answered with one bet", () => {
    assert.match(audit([...log, { ...log[0]!, key: "l" }], deposits, right()).join("\n"), /answers 2 different keys/);
  });
});
