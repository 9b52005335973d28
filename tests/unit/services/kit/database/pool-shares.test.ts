import assert from "node:assert/strict";
import { createPoolShares } from "@plinth/kit/database/pool-shares.ts";

describe("the shares of a pool", () => {
  const shares = (size = 16) =>
    createPoolShares({ size, timeoutMs: 20, timeoutError: () => new Error("no connection") });
  type Shares = ReturnType<typeof shares>;

  /** Takes as many turns as there are at once, and keeps them. */
  function takeAll(pool: Shares, tenant: number, most = 100) {
    const turns: (() => void)[] = [];
    while (turns.length < most) {
      const turn = pool.acquire(tenant);
      if (typeof turn !== "function") {
        turn.catch(() => undefined);
        break;
      }
      turns.push(turn);
    }
    return turns;
  }

  it("give a tenant alone three quarters, and leave a connection to whoever has none", () => {
    const pool = shares();
    assert.deepEqual(
      [1, 2, 3].map((tenant) => takeAll(pool, tenant).length),
      [12, 3, 1],
    );
    assert.equal(takeAll(shares(1), 1).length, 1);
  });

  it("serve the waiting tenant that holds the fewest first, each in its order", async () => {
    const pool = shares(4);
    const [first, ...others] = takeAll(pool, 1, 3);
    const order: string[] = [];
    const wait = async (tenant: number, name: string) => {
      const turn = await pool.acquire(tenant);
      order.push(name);
      return turn;
    };
    const noisy = [wait(1, "noisy 1"), wait(1, "noisy 2")].map((turn) => turn.catch(() => undefined));
    const quiet = takeAll(pool, 2, 1);
    const late = wait(3, "late");
    assert.equal(pool.waiting > 0, true);
    first?.();
    (await late)();
    assert.equal(order[0], "late");
    for (const turn of [...others, ...quiet]) turn();
    await Promise.all(noisy);
    assert.deepEqual(order.slice(1), ["noisy 1", "noisy 2"]);
  });

  it("end a wait at its deadline, and count a turn that is given back twice once", async () => {
    const pool = shares(1);
    const [turn] = takeAll(pool, 1, 1);
    await assert.rejects(Promise.resolve(pool.acquire(2)), /no connection/);
    assert.equal(pool.waiting, 0);
    turn?.();
    turn?.();
    assert.equal(takeAll(pool, 2).length, 1);
  });

  it("keep no tenant that is gone", async () => {
    const pool = shares(2);
    for (let tenant = 1; tenant <= 1000; tenant++) for (const turn of takeAll(pool, tenant, 1)) turn();
    assert.equal(takeAll(pool, 1, 1).length, 1);
    assert.equal(takeAll(pool, 2, 1).length, 1);
  });
});
