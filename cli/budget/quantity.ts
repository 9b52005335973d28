import { UserError } from "@plinth/local/user-error.ts";

/** Powers of ten and of 1024. Decimals are scaled by their exponent, which keeps 0.1 exact. */
const decimalSuffixes: Record<string, number> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binarySuffixes: Record<string, number> = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 };

/**
 * The number behind a Kubernetes quantity such as `250m`, `1.5Gi` or `12e6`: cores, bytes or items.
 * Grammar: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 *
 * @throws {@link UserError} for any other text
 */
export function parseQuantity(text: string | number): number {
  // `1E` is a suffix, `1E3` an exponent.
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(String(text).trim());
  if (match === null) throw new UserError(`'${text}' is not a quantity; write it as in 250m, 512Mi or 10Gi`);
  const [, digits, exponent, suffix = ""] = match;
  const power = binarySuffixes[suffix];
  return power === undefined
    ? Number(`${digits}e${exponent ?? decimalSuffixes[suffix]}`)
    : Number(digits) * 1024 ** power;
}

/** `0.25` and `4` cores. */
export function formatCores(amount: number): string {
  return String(Math.round(amount * 1000) / 1000);
}

/** In the largest binary unit that leaves at least one, to a tenth: `512 MiB`, `1.5 GiB`. */
export function formatBytes(amount: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = amount < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(amount) / 10));
  return `${Math.round((amount / 2 ** (10 * power)) * 10) / 10} ${units[power]}`;
}
