/**
 * Milliseconds after which what the store took is on its disk: it writes every second
 * (`-inmemoryDataFlushInterval`).
 */
const DURABLE_MS = 3000;
/** Positions are remembered so often: what is sent again after a crash is not more than needed. */
const STEP_MS = 500;

/**
 * Positions up to which the store took everything, and up to which that is on its disk. After a
 * crash of the store, delivery goes on from `durable`.
 */
export class Checkpoint<P> {
  private taken: P;
  private takenAt = 0;
  private safe: P;
  private readonly steps: { position: P; at: number }[] = [];

  constructor(taken: P, durable: P) {
    this.taken = taken;
    this.safe = durable;
  }

  get accepted(): P {
    return this.taken;
  }

  get durable(): P {
    return this.safe;
  }

  accept(position: P): void {
    const now = Date.now();
    const last = this.steps.at(-1);
    if (last === undefined || now - last.at >= STEP_MS) this.steps.push({ position, at: now });
    this.taken = position;
    this.takenAt = now;
  }

  /** @param at milliseconds since 1970 when the store was still the one that took them */
  confirm(at: number): void {
    while (this.steps[0] && at - this.steps[0].at >= DURABLE_MS) this.safe = this.steps.shift()!.position;
    if (at - this.takenAt >= DURABLE_MS) this.safe = this.taken;
  }

  /** What the store took is on its disk, or will be when it ends in order. */
  settle(): void {
    this.safe = this.taken;
    this.steps.length = 0;
  }

  /** The store lost what was not durable. @returns where to go on */
  rewind(): P {
    this.taken = this.safe;
    this.steps.length = 0;
    return this.safe;
  }
}
