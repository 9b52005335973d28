import type { ObservedService } from "./observed-service.ts";

/** Label matchers of a selector, such as `service="wallet"`. */
export type Matchers = readonly string[];

/** Selects the series of a metric of all services, whatever prefix their names have (PIN-9). */
export type SelectMetric = (name: string, ...matchers: string[]) => string;

/**
 * With declared prefixes the name becomes a regular expression, such as
 * `{__name__=~"(pinstack_)?http_requests_total"}`; without any it stays a plain name.
 */
export function createSelectMetric(services: readonly ObservedService[]): SelectMetric {
  const prefixes = [...new Set(services.flatMap(({ metricsPrefix }) => metricsPrefix ?? []))].sort();
  return (name, ...matchers) =>
    prefixes.length === 0
      ? selector(name, ...matchers)
      : `{${[`__name__=~"(${prefixes.join("|")})?${name}"`, ...matchers].join(", ")}}`;
}

/** The selector of a metric whose name is known exactly. */
export function selector(name: string, ...matchers: string[]): string {
  return matchers.length === 0 ? name : `${name}{${matchers.join(", ")}}`;
}

/** A matcher for one of several values, none of which may act as a regular expression. */
export function oneOfValues(label: string, values: readonly string[]): string {
  return `${label}=~${JSON.stringify(values.map(escapeRegularExpression).join("|"))}`;
}

/** @see oneOfValues */
export function noneOfValues(label: string, values: readonly string[]): string {
  return `${label}!~${JSON.stringify(values.map(escapeRegularExpression).join("|"))}`;
}

function escapeRegularExpression(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Routes that are asked by machines and tell nothing of what users see. */
export function machineRoutes(services: readonly ObservedService[]): string[] {
  return [...new Set(services.flatMap(({ probes, metrics }) => [probes.live, probes.ready, metrics]))].sort();
}
