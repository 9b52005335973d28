import assert from "node:assert/strict";

export interface OpenMetricsSample {
  name: string;
  labels: Record<string, string>;
  value: number;
  exemplar: { labels: Record<string, string>; value: number; time: number } | undefined;
}

export interface OpenMetricsFamily {
  type: string;
  unit: string | undefined;
  samples: OpenMetricsSample[];
}

const LABELS = String.raw`\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\}`;
const NUMBER = String.raw`([+-]?(?:Inf|\d+(?:\.\d+)?(?:e[+-]?\d+)?)|NaN)`;
const SAMPLE = new RegExp(`^([a-zA-Z_:][\\w:]*)${LABELS} ${NUMBER}(?: # ${LABELS} ${NUMBER} ${NUMBER})?$`);
const ENDINGS: Record<string, readonly string[]> = {
  counter: ["_total"],
  histogram: ["_bucket", "_sum", "_count"],
  summary: ["", "_sum", "_count"],
  gauge: [""],
  unknown: [""],
};

/**
 * Parses a text by the rules of OpenMetrics 1.0 as far as a service prints it.
 *
 * @throws AssertionError for a text that breaks them
 */
export function parseOpenMetrics(text: string): Map<string, OpenMetricsFamily> {
  const lines = text.split("\n");
  assert.deepEqual(lines.splice(-2), ["# EOF", ""], "the text ends with # EOF");
  const families = new Map<string, OpenMetricsFamily>();
  const seen = new Set<string>();
  let current = "";
  for (const line of lines) {
    const [, keyword, name = "", value = ""] = /^# (TYPE|UNIT|HELP) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === "TYPE") {
      assert.ok(!families.has(name), `${name} comes once`);
      families.set(name, { type: value, unit: undefined, samples: [] });
      current = name;
    } else if (keyword !== undefined) {
      assert.equal(name, current, line);
      if (keyword === "UNIT") families.get(name)!.unit = value;
      if (keyword === "UNIT") assert.ok(name.endsWith(`_${value}`), line);
    } else addSample(line, current, families.get(current), seen);
  }
  for (const [name, family] of families) if (family.type === "histogram") assertHistogram(name, family);
  return families;
}

function addSample(line: string, name: string, family: OpenMetricsFamily | undefined, seen: Set<string>): void {
  const match = SAMPLE.exec(line);
  assert.ok(match && family, `'${line}' is a sample of a family`);
  const [, sample = "", labels = "", value, exemplarLabels, exemplarValue, time] = match;
  assert.ok(ENDINGS[family.type]?.includes(sample.slice(name.length)), `${sample} may be in a ${family.type}`);
  assert.ok(!seen.has(`${sample}{${labels}}`), `${line} comes once`);
  seen.add(`${sample}{${labels}}`);
  const exemplar =
    exemplarLabels === undefined
      ? undefined
      : { labels: parseLabels(exemplarLabels), value: toNumber(exemplarValue), time: toNumber(time) };
  if (exemplar) {
    assert.ok(
      ["_total", "_bucket"].some((ending) => sample.endsWith(ending)),
      `${sample} may have an exemplar`,
    );
    assert.ok(Object.entries(exemplar.labels).flat().join("").length <= 128, "an exemplar is short");
  }
  family.samples.push({ name: sample, labels: parseLabels(labels), value: toNumber(value), exemplar });
}

function assertHistogram(name: string, { samples }: OpenMetricsFamily): void {
  const last = samples.filter(({ name: sample }) => sample === `${name}_bucket`).at(-1);
  if (last) assert.equal(last.labels.le, "+Inf");
  for (const { labels, exemplar } of samples) {
    if (labels.le === undefined) continue;
    assert.match(labels.le, /^(\+Inf|\d+\.\d+)$/);
    if (exemplar) assert.ok(exemplar.value <= toNumber(labels.le), "an exemplar is within its bucket");
  }
}

function parseLabels(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)];
  const original = (value = "") => value.replace(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char));
  return Object.fromEntries(pairs.map(([, name, value]) => [name!, original(value)]));
}

function toNumber(text: string | undefined): number {
  return Number(text?.replace("Inf", "Infinity"));
}
