/** Counts of the collector, which its /metrics prints. */
export class Counts {
  private readonly values = new Map<string, number>();

  /** @param labels as they are printed, such as `reason="disk full"`; few values each */
  add(name: string, labels: string, amount = 1): void {
    const key = labels === "" ? name : `${name}{${labels}}`;
    this.values.set(key, (this.values.get(key) ?? 0) + amount);
  }

  get(name: string, labels = ""): number {
    return this.values.get(labels === "" ? name : `${name}{${labels}}`) ?? 0;
  }

  entries(): [string, number][] {
    return [...this.values].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
