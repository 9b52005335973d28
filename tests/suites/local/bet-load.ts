import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { walletClient } from "../../support/services/wallet-client.ts";

/** A bet that the wallet has acknowledged. */
export interface AcknowledgedBet {
  key: string;
  bet: string;
  account: string;
  cents: number;
}

const WORKERS = 4;
const INTERVAL_MS = 25;
const DEADLINE_MS = 60_000;

/**
 * A load of at most 160 bets a second. Each bet is retried with its Idempotency-Key until it is
 * acknowledged, so at the end the log holds exactly the bets that must exist.
 */
export class BetLoad {
  readonly log: AcknowledgedBet[] = [];
  /** Attempts without 201, by status; 0 is a broken connection. */
  readonly refused = new Map<number, number>();
  private readonly url: string;
  private readonly accounts: readonly string[];
  private running = true;
  private readonly workers: Promise<void>[];

  constructor(url: string, accounts: readonly string[]) {
    this.url = url;
    this.accounts = accounts;
    this.workers = Array.from({ length: WORKERS }, (_, worker) => this.work(worker));
    // `stop` reports a failure.
    for (const worker of this.workers) worker.catch(() => undefined);
  }

  /** Resolves once every started bet is acknowledged. */
  async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.workers);
  }

  private async work(worker: number): Promise<void> {
    for (let turn = worker; this.running; turn++) {
      const account = this.accounts[turn % this.accounts.length]!;
      await this.place({ key: randomUUID(), account, cents: 1 + (turn % 97) });
      await sleep(INTERVAL_MS);
    }
  }

  private async place({ key, account, cents }: Omit<AcknowledgedBet, "bet">): Promise<void> {
    for (const until = Date.now() + DEADLINE_MS; Date.now() < until; await sleep(INTERVAL_MS)) {
      const { status, body } = await this.attempt(key, account, cents);
      if (status === 201) {
        this.log.push({ key, bet: body.bet_id, account, cents });
        return;
      }
      if (status >= 400 && status < 500) throw new Error(`A bet was refused with ${status}: ${JSON.stringify(body)}`);
      this.refused.set(status, (this.refused.get(status) ?? 0) + 1);
    }
    throw new Error(`Bet ${key} was not acknowledged within ${DEADLINE_MS / 1000} s`);
  }

  private attempt(key: string, account: string, cents: number) {
    const answer = walletClient(this.url).bet(account, cents, { "idempotency-key": key });
    // An unanswered bet may have been placed: the next attempt with the same key finds out.
    const late = sleep(5000, { status: 0, body: undefined as never }, { ref: false });
    return Promise.race([answer, late]).catch(() => ({ status: 0, body: undefined as never }));
  }
}
