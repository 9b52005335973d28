import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { createAlertGroups } from "../../../../../components/observability/alerts/alerts.ts";
import { createDashboards } from "../../../../../components/observability/dashboards/dashboards.ts";
import { observedServices } from "../../../../support/observability/observed-services.ts";

const folder = join(root, "docs/runbooks");
const pages = new Map(
  readdirSync(folder)
    .filter((name) => name !== "README.md")
    .map((name) => [name.replace(".md", ""), readFileSync(join(folder, name), "utf8")]),
);

describe("the runbooks (OBS-6)", () => {
  const rules = createAlertGroups(observedServices).flatMap((group) => group.rules);

  it("are one for each alert, and no more", () =>
    assert.deepEqual([...pages.keys()].sort(), [...new Set(rules.map(({ runbook }) => runbook))].sort()));

  it("say what an alert means, what to look at, what to do and when it ends", () => {
    for (const { name, severity, runbook } of rules) {
      const text = pages.get(runbook)!;
      assert.ok(text.startsWith(`# ${name}\n`), runbook);
      assert.ok(text.split("\n")[2]!.includes(severity), `${runbook}: ${severity}`);
      assert.match(text, /## What to look at\n\n- [\s\S]*## What to do\n\n1\. [\s\S]*\n\nIt ends |The next scrape/);
    }
  });

  it("name dashboards and panels that exist", () => {
    const titles = createDashboards(observedServices).flatMap(({ title, rows }) => [
      title,
      ...rows.flatMap((row) => row.panels.map((panel) => panel.title)),
    ]);
    for (const [name, text] of pages)
      for (const [, title] of text.replace(/\s+/g, " ").matchAll(/\*([A-Z][^*]*)\*/g))
        assert.ok(titles.includes(title!), `${name}: ${title}`);
  });

  it("follow an action of one sentence", () => {
    for (const { name, action, summary } of rules) {
      assert.match(action, /^[A-Z][^.]*\.$/, name);
      assert.match(summary, /[^.]$/, name);
    }
  });
});
