import { readFileSync } from "node:fs";
import { writeAtomically } from "../../supervisor/atomic-file.ts";

/**
 * A tenant counts as known for so long before it is looked up again. One that leaves the
 * configuration is locked out within this time.
 */
const KNOWN_MS = 3000;
/**
 * An unknown one: it may be created soon, and someone may push for it a thousand times a second.
 */
const UNKNOWN_MS = 2000;
const MAX_TENANTS = 100_000;

export interface TenantDirectorySettings {
  /** Whether the database has the tenant. Rejects if it does not answer. */
  lookUp(tenant: number): Promise<boolean>;
  /** File that keeps the tenants that were found. */
  file: string;
}

/**
 * Knows which tenants may push lines: those of the database. While that is away, those that it had
 * last hold.
 */
export class TenantDirectory {
  private readonly settings: TenantDirectorySettings;
  private readonly known = new Map<number, number>();
  private readonly unknown = new Map<number, number>();

  constructor(settings: TenantDirectorySettings) {
    this.settings = settings;
    for (const tenant of readTenants(settings.file)) this.known.set(tenant, 0);
  }

  /** @returns undefined if that cannot be found out now */
  async knows(tenant: number): Promise<boolean | undefined> {
    const now = Date.now();
    if ((this.known.get(tenant) ?? 0) > now) return true;
    if ((this.unknown.get(tenant) ?? 0) > now) return false;
    try {
      const isThere = await this.settings.lookUp(tenant);
      this.remember(tenant, isThere);
      return isThere;
    } catch {
      return this.known.has(tenant) || undefined;
    }
  }

  private remember(tenant: number, isThere: boolean): void {
    const isNews = this.known.has(tenant) !== isThere;
    if (isThere) {
      if (this.known.size < MAX_TENANTS) this.known.set(tenant, Date.now() + KNOWN_MS);
      this.unknown.delete(tenant);
    } else {
      this.known.delete(tenant);
      if (this.unknown.size >= MAX_TENANTS) this.unknown.clear();
      this.unknown.set(tenant, Date.now() + UNKNOWN_MS);
    }
    if (isNews) this.save();
  }

  private save(): void {
    try {
      writeAtomically(this.settings.file, JSON.stringify([...this.known.keys()]));
    } catch {
      // A full disk: they are looked up again.
    }
  }
}

function readTenants(file: string): number[] {
  try {
    const kept: unknown = JSON.parse(readFileSync(file, "utf8"));
    return Array.isArray(kept) ? (kept as number[]) : [];
  } catch {
    return [];
  }
}
