import { type LogEntry, requestName } from "./client-log.ts";

/** What database and topic hold once the service is idle. `name` is {@link requestName}'s. */
export interface Outcome {
  rows: readonly { id: string; name: string; processed: boolean }[];
  /** In the order of the topic for each key; an event may be there more than once. */
  events: readonly { id: string; name: string }[];
  /** Each change of a row to processed or back, in order; one transaction has one number. */
  effects: readonly { id: string; transaction: number }[];
}

/** Returns a line for each broken promise, by the log and the outcome alone. */
export function checkOutcome(log: readonly LogEntry[], { rows, events, effects }: Outcome): string[] {
  const findings: string[] = [];
  const claim = (holds: boolean, finding: string) => void (holds || findings.push(finding));
  const begun = new Set(log.filter(({ at }) => at === "begun").map(requestName));
  const acknowledged = log.filter((entry) => entry.at === "acknowledged");
  const rowsOf = Map.groupBy(rows, ({ name }) => name);
  const places = new Map<string, number>();
  for (const [place, { id }] of events.entries()) if (!places.has(id)) places.set(id, place);
  const turns = new Map(effects.map((effect, turn) => [effect, turn]));
  const effectsOf = Map.groupBy(effects, ({ id }) => id);

  for (const entry of acknowledged) {
    const row = rowsOf.get(requestName(entry))?.[0];
    claim(row !== undefined, `${requestName(entry)} was acknowledged, but there is no row of it`);
    claim(
      row === undefined || row.id === entry.id,
      `${requestName(entry)} was acknowledged as ${entry.id}, but its row is ${row?.id}`,
    );
  }
  for (const [name, own] of rowsOf) {
    claim(begun.has(name), `there is a row of ${name}, which no client sent`);
    claim(own.length === 1, `${name} was sent once, but there are ${own.length} rows of it`);
    for (const { id, processed } of own) {
      claim(places.has(id), `${name} has a row, but no event`);
      claim(processed, `${name} has a row, but was never processed`);
      const times = effectsOf.get(id)?.length ?? 0;
      claim(times <= 1, `${name} was processed ${times} times`);
    }
  }
  const ids = new Set(rows.map(({ id }) => id));
  for (const { id, name } of new Map(events.map((event) => [event.id, event])).values())
    claim(ids.has(id), `${name} has an event, but no row`);

  for (const [key, own] of Map.groupBy(acknowledged, (entry) => entry.key)) {
    for (const [index, later] of own.entries()) {
      const earlier = own[index - 1];
      claim(later.sequence === index, `${key} was acknowledged ${later.sequence} where ${index} was next`);
      if (!earlier) continue;
      const [first, second] = [places.get(earlier.id), places.get(later.id)];
      claim(
        first === undefined || second === undefined || first < second,
        `${requestName(later)} stands in the topic before ${requestName(earlier)}`,
      );
      const [one, other] = [effectsOf.get(earlier.id)?.[0], effectsOf.get(later.id)?.[0]];
      const inOrder = !one || !other || one.transaction === other.transaction || turns.get(one)! < turns.get(other)!;
      claim(inOrder, `${requestName(later)} was processed before ${requestName(earlier)}`);
    }
  }
  return findings;
}
