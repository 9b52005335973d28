import { setTimeout as sleep } from "node:timers/promises";
import { waitUntil } from "../../support/eventually.ts";
import type { Random } from "../../support/random.ts";
import type { Server } from "../../support/servers/servers.ts";
import type { EventLoad } from "./event-load.ts";

/** A server or service that a round can kill. */
export interface Target {
  name: string;
  server: Pick<Server, "kill" | "start">;
  /** Relative frequency of being drawn. */
  weight: number;
}

/** One kill, or two that overlap, drawn from the seed. */
export interface Round {
  targets: Target[];
  /** Milliseconds of load before the kill, between two kills, and before the restart. */
  before: number;
  between: number;
  away: number;
}

/** @param round from 0; the first rounds take each target in turn */
export function drawRound(random: Random, targets: readonly Target[], round: number): Round {
  const drawn = random.pick(targets.flatMap((target) => Array<Target>(target.weight).fill(target)));
  const first = targets[round] ?? drawn;
  const second = random.pick(targets);
  return {
    targets: random.chance(0.2) && second !== first ? [first, second] : [first],
    before: random.below(250),
    between: random.below(150),
    away: random.below(250),
  };
}

/** Resolves once every client of the load was served again. */
export async function playRound({ targets, before, between, away }: Round, load: EventLoad): Promise<void> {
  await sleep(before);
  for (const [index, { server }] of targets.entries()) {
    if (index > 0) await sleep(between);
    await server.kill();
  }
  await sleep(away);
  // In parallel: a service becomes ready once what it needs is up.
  await Promise.all(targets.map(({ server }) => server.start()));
  const counts = new Map(load.acknowledged);
  const served = () => [...load.acknowledged].every(([user, count]) => count > counts.get(user)!);
  await waitUntil(`every client is served after ${targetNames(targets)}`, served, Boolean, 40_000);
}

export function targetNames(targets: readonly Target[]): string {
  return targets.map(({ name }) => name).join(" and ");
}
