import type { Panel } from "../../model/dashboard.ts";

/** Whether a value is on the bad side of its panel's threshold. */
export function isBeyond(
  { threshold, bad = "above" }: Pick<Panel, "threshold" | "bad">,
  value: number | null,
): boolean {
  if (threshold === undefined || value === null) return false;
  return bad === "above" ? value > threshold : value < threshold;
}
