import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promtoolProgram } from "@plinth/toolchain/observability/promtool.ts";

/** A file of `promtool test rules`. Source: Prometheus' documentation, "Unit testing for rules". */
export interface RuleTest {
  interval: string;
  input_series: { series: string; values: string }[];
  alert_rule_test?: {
    eval_time: string;
    alertname: string;
    exp_alerts: { exp_labels: Record<string, string>; exp_annotations: Record<string, string> }[];
  }[];
  promql_expr_test?: { expr: string; eval_time: string; exp_samples: { labels: string; value: number }[] }[];
}

/** Runs `promtool check rules`. @returns what is wrong; empty when nothing is */
export function checkRules(rules: object): string {
  return runPromtool({ "rules.json": rules }, ["check", "rules", "rules.json"]);
}

/**
 * Runs `promtool check metrics` over the text of a `/metrics`.
 *
 * @returns what is wrong; empty when nothing is
 */
export function checkMetrics(text: string): string {
  const { status, stdout, stderr, error } = spawnSync(promtoolProgram(), ["check", "metrics"], {
    input: text,
    encoding: "utf8",
    timeout: 60_000,
  });
  return error?.message ?? (status === 0 ? "" : `${stdout}${stderr}`);
}

/**
 * Runs `promtool test rules`.
 *
 * @param interval between evaluations of groups that set none
 * @returns what is wrong; empty when nothing is
 */
export function testRules(rules: object, tests: readonly RuleTest[], interval = "5s"): string {
  const file = { rule_files: ["rules.json"], evaluation_interval: interval, tests };
  return runPromtool({ "rules.json": rules, "test.json": file }, ["test", "rules", "test.json"]);
}

function runPromtool(files: Record<string, object>, args: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "plinth-promtool-"));
  try {
    // YAML contains JSON.
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
    const { status, stdout, stderr, error } = spawnSync(promtoolProgram(), args, {
      cwd: folder,
      encoding: "utf8",
      timeout: 60_000,
    });
    if (error !== undefined) return error.message;
    return status === 0 ? "" : `${stdout}${stderr}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
