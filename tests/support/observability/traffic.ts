import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { requestsTo, walletClient } from "../services/wallet-client.ts";
import type { StackPorts } from "../stack/ports.ts";

/** Users of both services, who go on whatever fails. */
export class Traffic {
  /** Answers by status; 0 stands for no answer. */
  readonly statuses = new Map<number, number>();
  private readonly ports: StackPorts;
  private readonly loops: Promise<void>[];
  private ended = false;

  constructor(ports: StackPorts) {
    this.ports = ports;
    this.loops = [this.loop(() => this.bet()), this.loop(() => this.signUp())];
  }

  async stop(): Promise<void> {
    this.ended = true;
    await Promise.all(this.loops);
  }

  /** Creates a user of highload, and an event of it. */
  async signUp(): Promise<void> {
    const send = requestsTo(`http://127.0.0.1:${this.ports.highload}`, null);
    const person = { email: `${randomUUID()}@example.com`, first_name: "John", last_name: "Doe" };
    const { status, body } = await send("POST", "/api/v1/users", person);
    this.count(status);
    if (status !== 201) return;
    await send("GET", `/api/v1/users/${body.id}`);
    await send("GET", `/api/v1/users/${body.id}`);
    await send("POST", "/api/v1/events", { user_id: body.id, type: "user_action" });
  }

  /** Opens an account, bets, and bets more than there is. */
  private async bet(): Promise<void> {
    const wallet = walletClient(`http://127.0.0.1:${this.ports.wallet}`);
    const account = await wallet.account(1000);
    for (const cents of [100, 100_000]) this.count((await wallet.bet(account, cents)).status);
    await wallet.get(`/api/v1/accounts/${account}`);
  }

  private count(status: number): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }

  private async loop(work: () => Promise<void>): Promise<void> {
    while (!this.ended) {
      await work().catch(() => this.count(0));
      await sleep(50);
    }
  }
}
