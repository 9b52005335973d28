import { setTimeout as sleep } from "node:timers/promises";

/** Limits how often one address may name tenants that do not exist. */
export interface UnknownTenantLimit {
  /** Resolves to true at once, or to false after {@link DELAY_MS}. */
  admits(address: string): boolean | Promise<boolean>;
}

/** Answers a second, of which {@link BURST} may come at once. */
const PER_SECOND = 20;
const BURST = 200;
/** A refusal costs as much as a small answer. The delay bounds how many a connection asks for. */
const DELAY_MS = 250;
/** Delayed at a time; beyond it, refusals are not delayed, so their memory is bounded. */
const MAX_DELAYED = 2000;
const MAX_ADDRESSES = 10_000;

interface Allowance {
  left: number;
  at: number;
}

export function createUnknownTenantLimit(now = () => performance.now()): UnknownTenantLimit {
  const allowances = new Map<string, Allowance>();
  let delayed = 0;

  function allowanceOf(key: string, at: number): Allowance {
    const known = allowances.get(key);
    if (known) return known;
    if (allowances.size >= MAX_ADDRESSES) {
      const [oldest] = allowances.keys();
      allowances.delete(oldest as string);
    }
    const created = { left: BURST, at };
    allowances.set(key, created);
    return created;
  }

  return {
    admits(address) {
      const at = now();
      const allowance = allowanceOf(toKey(address), at);
      allowance.left = Math.min(BURST, allowance.left + ((at - allowance.at) / 1000) * PER_SECOND);
      allowance.at = at;
      if (allowance.left >= 1) {
        allowance.left--;
        return true;
      }
      if (delayed >= MAX_DELAYED) return false;
      delayed++;
      return sleep(DELAY_MS, false, { ref: false }).finally(() => delayed--);
    },
  };
}

/** A subscriber of IPv6 has a whole /64, and so as many addresses as it likes. */
function toKey(address: string): string {
  if (!address.includes(":") || address.startsWith("::ffff:")) return address;
  // `::` stands for all zeros that are left out.
  const [head = [], tail = []] = address.split("::").map((part) => part.split(":").filter(Boolean));
  const zeros = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill("0");
  return [...head, ...zeros, ...tail].slice(0, 4).join(":");
}
