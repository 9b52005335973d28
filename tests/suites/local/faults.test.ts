import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { availableParallelism, loadavg } from "node:os";
import { eventually } from "../../support/eventually.ts";
import { walletClient } from "../../support/services/wallet-client.ts";
import { Stack } from "../../support/stack/stack.ts";
import { StackClients } from "../../support/stack/stack-clients.ts";
import { audit, readFacts } from "./audit.ts";
import { type AcknowledgedBet, BetLoad } from "./bet-load.ts";

const DEPOSIT = 10_000_000;
const ACCOUNTS = 3;
/** The longest time until a killed process serves again, on a machine that has a core for it. */
const BACK_SECONDS = 5;
/** How many times as long everything takes where more processes run than there are cores. */
const slowdown = () => Math.max(1, loadavg()[0]! / availableParallelism());
/** Bets between two faults, so that each fault meets a working platform. */
const BETWEEN = 40;

describe("the local stack, killed part by part under a load of bets (PLT-9, PLT-10)", function () {
  this.timeout(180_000);

  let stack: Stack;
  let at: StackClients;
  let load: BetLoad;
  const deposits = new Map<string, number>();

  before(async () => {
    stack = await Stack.create();
    await stack.expectSuccess("up");
    at = new StackClients(stack);
    for (let count = 0; count < ACCOUNTS; count++)
      deposits.set(await walletClient(at.wallet).account(DEPOSIT), DEPOSIT);
    load = new BetLoad(at.wallet, [...deposits.keys()]);
    await furtherBets();
  });
  after(async () => {
    await load?.stop().catch(() => undefined);
    await stack.destroy();
  });

  async function furtherBets(): Promise<void> {
    const enough = load.log.length + BETWEEN;
    await eventually(`${BETWEEN} further bets`, () => load.log.length >= enough, 30);
  }

  for (const name of ["postgres", "kafka", "schema-registry", "redis", "wallet", "highload"]) {
    it(`${name} is back within ${BACK_SECONDS} s, and bets are accepted again`, async () => {
      const before = (await stack.status()).find((each) => each.name === name)!;
      const begun = performance.now();
      process.kill(before.pid!, "SIGKILL");
      await eventually(
        `${name} is ready again`,
        async () => {
          const now = (await stack.status()).find((each) => each.name === name);
          return now?.state === "ready" && now.pid !== undefined && now.pid !== before.pid;
        },
        30,
      );
      const seconds = (performance.now() - begun) / 1000;
      await furtherBets();
      console.log(`      ${name} ready again after ${seconds.toFixed(2)} s`);
      assert.ok(seconds <= BACK_SECONDS * slowdown(), `${name} took ${seconds.toFixed(1)} s`);
    });
  }

  it("goes on without its supervisor, which the next 'up' starts without touching a process", async () => {
    const before = await stack.assertHealthy();
    process.kill(stack.supervisor()!.pid, "SIGKILL");
    await eventually("the supervisor is gone", () => stack.supervisor() === undefined);
    await furtherBets();
    await stack.expectSuccess("up");
    assert.deepEqual(pids(await stack.assertHealthy()), pids(before));
  });

  it("survives two faults at once", async () => {
    const both = (await stack.status()).filter(({ name }) => name === "postgres" || name === "kafka");
    for (const { pid } of both) process.kill(pid!, "SIGKILL");
    await furtherBets();
    await eventually(
      "everything is ready again",
      async () => (await stack.status()).every(({ state }) => state === "ready"),
      30,
    );
  });

  it("loses no acknowledged bet and applies none twice", async () => {
    await load.stop();
    await eventually(
      "outbox and consumer have caught up",
      async () => {
        const [open] = await at.rows<{ outbox: number; behind: number }>(`
        select (select count(*) from outbox)::int as outbox,
               ((select count(*) from payments) - (select coalesce(sum(sequence), 0) from balances))::int as behind`);
        return open?.outbox === 0 && open.behind === 0;
      },
      60,
    );
    const found = await readFacts(at, deposits);
    assert.deepEqual(audit(load.log, deposits, found), []);
    console.log(
      `      ${load.log.length} bets acknowledged, attempts that were not: ${JSON.stringify(Object.fromEntries(load.refused))}`,
    );
    assert.ok(load.log.length > 8 * BETWEEN);
    assert.ok(
      [...load.refused.values()].reduce((sum, count) => sum + count, 0) > 0,
      "no request failed, so no fault was tested",
    );

    // The audit notices one bet more or one fewer in the log.
    const lost: AcknowledgedBet = { key: randomUUID(), bet: randomUUID(), account: load.log[0]!.account, cents: 5 };
    assert.notDeepEqual(audit([...load.log, lost], deposits, found), []);
    assert.notDeepEqual(audit(load.log.slice(1), deposits, found), []);
  });
});

function pids(processes: readonly { name: string; pid?: number }[]): Record<string, number | undefined> {
  return Object.fromEntries(processes.map(({ name, pid }) => [name, pid]));
}
