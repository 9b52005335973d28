import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/runtime/locations.ts";
import { mermaid } from "./mermaid.ts";
import type { Box, Model } from "./model.ts";

/** What runs where, by stack, in the order of the pages. */
export type Stacks = Record<"local" | "dev" | "prod", Model>;

/** The generated parts of each page, by the names of their marks. */
export function generatedParts(stacks: Stacks): Record<string, Record<string, string>> {
  const drawings = Object.fromEntries(names(stacks).map((stack) => [`diagram of ${stack}`, mermaid(stacks[stack])]));
  const parts = Object.fromEntries(names(stacks).map((stack) => [`parts of ${stack}`, partsOf(stacks[stack])]));
  return {
    "README.md": { components: componentsOf(stacks), "diagram of local": drawings["diagram of local"]! },
    "docs/stacks.md": { ...drawings, ...parts },
  };
}

/** A page with each of the parts between its marks. Throws when a page has lost them. */
export function withParts(page: string, text: string, parts: Record<string, string>): string {
  return Object.entries(parts).reduce((whole, [name, part]) => {
    const [begin, end] = [`<!-- ${name}: written by \`make diagram\` -->\n`, `\n<!-- /${name} -->`];
    const [from, to] = [whole.indexOf(begin), whole.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${page} has lost the marks around its ${name}; restore them`);
    return whole.slice(0, from + begin.length) + part + whole.slice(to);
  }, text);
}

/** A row for each component class: what it is, by its docstring, and what it comes to in each stack. */
function componentsOf(stacks: Stacks): string {
  const types = [...new Set(names(stacks).flatMap((stack) => stacks[stack].boxes.map(({ type }) => type)))].sort();
  const about = docstrings();
  const rows = types.map((type) => [
    `\`${type}\``,
    about.get(type) ?? "",
    ...names(stacks).map((stack) => summary(stacks[stack].boxes.filter((box) => box.type === type))),
  ]);
  return table(["component", "what it is", ...names(stacks)], rows);
}

function summary(boxes: Box[]): string {
  const texts = boxes.flatMap(({ workloads, parts }) =>
    workloads.length > 0 ? workloads.map(({ name, kind, count }) => (kind === "Process" ? name : `${name} × ${count}`)) : [counted(parts)],
  );
  return texts.join(", ") || "–";
}

function partsOf({ boxes }: Model): string {
  return table(
    ["component", "is a", "made of"],
    boxes.map(({ name, type, parts }) => [`\`${name}\``, type, counted(parts)]),
  );
}

function counted(parts: Map<string, number>): string {
  return [...parts].map(([kind, count]) => (count === 1 ? kind : `${count} ${kind}`)).join(", ");
}

/** First sentence of each component class's docstring. */
function docstrings(): Map<string, string> {
  const folder = join(root, "components");
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(folder, name), "utf8"));
  const documented = sources.flatMap((source) => [...source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export class (\w+)/g)]);
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

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function names(stacks: Stacks): (keyof Stacks)[] {
  return Object.keys(stacks) as (keyof Stacks)[];
}
