import { setTimeout as sleep } from "node:timers/promises";
import type { StoredDocument } from "../../../collector/store/victoria-logs.ts";

export interface TailOptions {
  /** Asked again and again, as the first line of a tenant creates its account. */
  accounts: () => Promise<number[]>;
  /** `lookBackMs`: how far before now it begins. */
  tail: (account: number, signal: AbortSignal, lookBackMs: number) => AsyncIterable<StoredDocument>;
  signal: AbortSignal;
}

/** Lines are passed on in batches: an event for each would cost the browser more than its lines. */
const BATCH_MS = 100;
const DISCOVERY_MS = 500;
/** A new account had its first line since the last look, which was possibly slow. */
const LOOK_BACK_MS = { first: 1000, later: 5000 };
/** Of a faster flow the oldest are left out: nobody reads it, and the store has it all. */
const MAX_BATCH = 2000;

/** The tails of all accounts as one, until `signal` aborts. @throws what a tail throws */
export async function* mergeTails({
  accounts,
  tail,
  signal,
}: TailOptions): AsyncGenerator<{ document: StoredDocument; account: number }[]> {
  const ended = new AbortController();
  const ends = AbortSignal.any([signal, ended.signal]);
  const followed = new Set<number>();
  let waiting: { document: StoredDocument; account: number }[] = [];
  let failure: unknown;
  const follow = async (account: number, lookBackMs: number) => {
    for await (const document of tail(account, ends, lookBackMs)) {
      waiting.push({ document, account });
      if (waiting.length > 2 * MAX_BATCH) waiting = waiting.slice(-MAX_BATCH);
    }
    if (!ends.aborted) throw new Error("The log store ended the live view");
  };
  const discover = async () => {
    for (let lookBackMs = LOOK_BACK_MS.first; !ends.aborted; lookBackMs = LOOK_BACK_MS.later) {
      for (const account of await accounts()) {
        if (followed.has(account)) continue;
        followed.add(account);
        follow(account, lookBackMs).catch(fail);
      }
      await sleep(DISCOVERY_MS, undefined, { signal: ends }).catch(() => undefined);
    }
  };
  const fail = (error: unknown) => {
    failure ??= error;
  };
  discover().catch(fail);
  try {
    while (!signal.aborted) {
      await sleep(BATCH_MS, undefined, { signal }).catch(() => undefined);
      if (failure !== undefined && !signal.aborted) throw failure;
      if (waiting.length === 0) continue;
      const batch = waiting.slice(-MAX_BATCH);
      waiting = [];
      yield batch;
    }
  } finally {
    ended.abort();
  }
}
