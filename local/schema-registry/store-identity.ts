import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

interface StoreIdentity {
  /** Of the log. */
  store: string;
  /** No id up to this one is assigned again, in whatever log. */
  maxId: number;
}

/** Ids that one write of the file is good for. */
const RESERVED = 100;

/**
 * What a registry remembers beside its log. If the log is lost, records still carry the ids that it
 * had assigned: they must not come to mean other schemas.
 */
export class IdentityFile {
  readonly #path: string | undefined;
  #identity: StoreIdentity | undefined;

  /** @param path undefined for none, as in tests */
  constructor(path?: string) {
    this.#path = path;
    this.#identity = path === undefined ? undefined : readIdentity(path);
  }

  /** The highest id that a log which is gone may have assigned; 0 for the same log. */
  lostMaxId(store: string): number {
    return this.#identity === undefined || this.#identity.store === store ? 0 : this.#identity.maxId;
  }

  /** Call before an id is written. */
  reserve(store: string, maxId: number): void {
    const isSame = this.#identity?.store === store;
    if (this.#path === undefined || (isSame && this.#identity !== undefined && maxId <= this.#identity.maxId)) return;
    this.#identity = { store, maxId: Math.max(maxId, this.#identity?.maxId ?? 0) + RESERVED };
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(`${this.#path}.new`, JSON.stringify(this.#identity));
    renameSync(`${this.#path}.new`, this.#path);
  }
}

function readIdentity(path: string): StoreIdentity | undefined {
  try {
    const { store, maxId } = JSON.parse(readFileSync(path, "utf8")) as Partial<StoreIdentity>;
    const isId = Number.isInteger(maxId) && (maxId as number) >= 0 && (maxId as number) < 2 ** 31;
    return typeof store === "string" && isId ? { store, maxId: maxId as number } : undefined;
  } catch {
    return undefined;
  }
}
