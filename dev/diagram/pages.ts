import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { settingsTable } from "../settings/table.ts";
import { renderMermaid } from "./mermaid.ts";
import type { Component, StackModel } from "./model.ts";

/** The models of the stacks, in the order of the pages. */
export type StackModels = Record<"local" | "dev" | "prod", StackModel>;

/** The generated sections of each page, by the names of their markers. */
export function generatedSections(stacks: StackModels): Record<string, Record<string, string>> {
  const drawings = Object.fromEntries(
    stackNames(stacks).map((stack) => [`diagram of ${stack}`, renderMermaid(stacks[stack])]),
  );
  const tables = Object.fromEntries(
    stackNames(stacks).map((stack) => [`resources of ${stack}`, resourceTable(stacks[stack])]),
  );
  return {
    "docs/stacks.md": { components: componentTable(stacks), ...drawings, ...tables },
    "docs/operator.md": { settings: settingsTable() },
  };
}

/** The page with each section between its markers. @throws when the page lacks a marker */
export function replaceSections(page: string, text: string, sections: Record<string, string>): string {
  return Object.entries(sections).reduce((whole, [name, section]) => {
    const [begin, end] = [`<!-- ${name}: written by \`make diagram\` -->\n`, `\n<!-- /${name} -->`];
    const [from, to] = [whole.indexOf(begin), whole.indexOf(end)];
    if (from < 0 || to < from) throw new UserError(`${page} has lost the marks around its ${name}; restore them`);
    return whole.slice(0, from + begin.length) + section + whole.slice(to);
  }, text);
}

/** A row for each component class: its docstring's first sentence, and its workloads by stack. */
function componentTable(stacks: StackModels): string {
  const types = [
    ...new Set(stackNames(stacks).flatMap((stack) => stacks[stack].components.map(({ type }) => type))),
  ].sort();
  const about = readComponentDocs();
  const rows = types.map((type) => [
    `\`${type}\``,
    about.get(type) ?? "",
    ...stackNames(stacks).map((stack) =>
      summarizeComponents(stacks[stack].components.filter((box) => box.type === type)),
    ),
  ]);
  return markdownTable(["component", "what it is", ...stackNames(stacks)], rows);
}

function summarizeComponents(boxes: Component[]): string {
  const texts = boxes.flatMap(({ workloads, resourceCounts }) =>
    workloads.length > 0
      ? workloads.map(({ name, kind, count }) => (kind === "Process" ? name : `${name} × ${count}`))
      : [formatCounts(resourceCounts)],
  );
  return texts.join(", ") || "–";
}

function resourceTable({ components }: StackModel): string {
  return markdownTable(
    ["component", "is a", "resources"],
    components.map(({ name, type, resourceCounts }) => [`\`${name}\``, type, formatCounts(resourceCounts)]),
  );
}

function formatCounts(parts: Map<string, number>): string {
  return [...parts].map(([kind, count]) => (count === 1 ? kind : `${count} ${kind}`)).join(", ");
}

/** First sentence of each component class's docstring. */
function readComponentDocs(): Map<string, string> {
  const folder = join(root, "components");
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(folder, name), "utf8"));
  const documented = sources.flatMap((source) => [
    ...source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export class (\w+)/g),
  ]);
  return new Map(
    documented.map(([, comment, name]) => {
      const text = comment!
        .replace(/^\s*\* ?/gm, "")
        .trim()
        .replace(/\s+/g, " ");
      return [name!, /^.*?\.(?= |$)/.exec(text)?.[0].slice(0, -1) ?? text];
    }),
  );
}

function markdownTable(head: string[], rows: string[][]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function stackNames(stacks: StackModels): (keyof StackModels)[] {
  return Object.keys(stacks) as (keyof StackModels)[];
}
