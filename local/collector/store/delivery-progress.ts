import { existsSync, readFileSync } from "node:fs";
import { writeAtomically } from "../../supervisor/atomic-file.ts";
import { Checkpoint } from "./checkpoint.ts";

interface KeptPositions<P> {
  /** When the store started that took them. */
  epoch?: number | undefined;
  accepted: P;
  durable: P;
}

/** What a killed collector delivered since is delivered again. */
const SAVE_MS = 200;
const CONFIRM_MS = 1000;

/** How far something was delivered to the store, in a file: the next collector goes on from it. */
export class DeliveryProgress<P> {
  private readonly file: string;
  private readonly readEpoch: () => Promise<number | undefined>;
  private checkpoint: Checkpoint<P>;
  private epoch: number | undefined;
  private savedAt = 0;
  private confirmedAt = 0;
  private kept = "";

  constructor(file: string, beginning: P, readEpoch: () => Promise<number | undefined>) {
    this.file = file;
    this.readEpoch = readEpoch;
    this.checkpoint = new Checkpoint(beginning, beginning);
  }

  get accepted(): P {
    return this.checkpoint.accepted;
  }

  get durable(): P {
    return this.checkpoint.durable;
  }

  async load(): Promise<void> {
    const kept = this.readKept();
    this.epoch = await this.readEpoch();
    if (kept === undefined) return;
    const isSameStore = this.epoch !== undefined && kept.epoch === this.epoch;
    this.checkpoint = new Checkpoint(isSameStore ? kept.accepted : kept.durable, kept.durable);
  }

  accept(position: P): void {
    this.checkpoint.accept(position);
  }

  /**
   * Keeps the position, a few times a second.
   *
   * @returns true if the store was started again and may have lost what it took lately
   */
  async keep(): Promise<boolean> {
    const now = Date.now();
    const isLost = now - this.confirmedAt >= CONFIRM_MS && (await this.confirm(now));
    if (now - this.savedAt >= SAVE_MS) {
      this.savedAt = now;
      this.save();
    }
    return isLost;
  }

  private async confirm(now: number): Promise<boolean> {
    this.confirmedAt = now;
    const isPending = this.checkpoint.accepted !== this.checkpoint.durable;
    const epoch = isPending ? await this.readEpoch() : undefined;
    if (epoch === undefined) return false;
    const isLost = this.epoch !== undefined && epoch !== this.epoch;
    if (!isLost) this.checkpoint.confirm(now);
    this.epoch = epoch;
    return isLost;
  }

  /**
   * Keeps the position at the end of this process. A stack that goes down ends its store in order
   * afterwards, which then has everything on disk: nothing of it is sent again.
   */
  async finish(): Promise<void> {
    const epoch = await this.readEpoch();
    if (epoch !== undefined && epoch === this.epoch) this.checkpoint.settle();
    this.save();
  }

  /** @returns the position to go back to */
  rewind(): P {
    return this.checkpoint.rewind();
  }

  save(): void {
    const { accepted, durable } = this.checkpoint;
    const text = JSON.stringify({ epoch: this.epoch, accepted, durable } satisfies KeptPositions<P>);
    if (text === this.kept) return;
    try {
      writeAtomically(this.file, text);
      this.kept = text;
    } catch {
      // The disk is full: delivery goes on, and the position is written when there is room.
    }
  }

  private readKept(): KeptPositions<P> | undefined {
    try {
      const kept = existsSync(this.file)
        ? (JSON.parse(readFileSync(this.file, "utf8")) as KeptPositions<P> | null)
        : null;
      return kept ?? undefined;
    } catch {
      // A file that is no JSON: everything that is still there is sent again.
      return undefined;
    }
  }
}
