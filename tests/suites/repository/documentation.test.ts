import assert from "node:assert/strict";
import { existsSync, globSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { platformVariables } from "@plinth/kit/core/env.ts";
import { root } from "@plinth/local/locations.ts";
import { clusterSettings } from "../../../components/config/settings.ts";
import { isContractVariable } from "../../../components/service/environment.ts";
import { pathsInPage, readPages } from "../../support/pages.ts";
import { recordStack } from "../../support/program/record.ts";
import { readTutorial } from "../../support/tutorial.ts";

const pages = readPages();

/** Paths that a reader creates, or that are examples. */
const EXAMPLES = new Set([
  "packages/",
  "packages/orders",
  "services/orders",
  "services/contracts",
  "k8s/",
  "schemas/V1_ORDERS.avsc",
  ...readTutorial(join(root, "docs/tutorial.md")).flatMap((step) => ("file" in step ? step.file : [])),
]);

describe("the documentation", () => {
  const operator = textOf("docs/operator.md");

  it("has a row for every configuration key that the program knows, and for no other", async () => {
    const known = await Promise.all(["local", "dev"].map(knownKeys));
    const rows = operator
      .split("## Settings\n")[1]!
      .split("\n## ")[0]!
      .matchAll(/^\| `(\w+)` \|/gm);
    assert.deepEqual([...rows].map(([, key]) => key).sort(), [...new Set(known.flat())].sort());
  });

  it("names every field of the keys that have fields", () => {
    for (const [key, rule] of Object.entries(clusterSettings.properties)) {
      const row = operator.split("\n").find((line) => line.startsWith(`| \`${key}\` |`))!;
      for (const field of Object.keys("properties" in rule ? rule.properties : {}))
        assert.ok(row.includes(`\`${field}\``), `${key}: ${field}`);
    }
  });

  it("lists every variable of the kit that a stack may set", () => {
    const services = textOf("docs/services/environment-and-descriptor.md");
    const rows = services
      .split("## The environment\n")[1]!
      .split("\n## ")[0]!
      .matchAll(/^\| `(\w+)` \|/gm);
    const settable = Object.keys(platformVariables).filter((name) => !isContractVariable(name));
    assert.deepEqual([...rows].map(([, name]) => name).sort(), settable.sort());
  });

  it("is all linked from the README, decisions as a folder and runbooks by their list", () => {
    for (const { path } of pages.filter(
      (page) => page.path.startsWith("docs/") && !page.path.includes("/decisions/"),
    )) {
      const name = basename(path);
      const listed = dirname(path) === "docs/runbooks" && textOf("docs/runbooks/README.md").includes(`(${name})`);
      assert.ok(listed || textOf("README.md").includes(`(${path})`), path);
    }
  });

  it("links to existing files only", () => {
    for (const { path, text } of pages)
      for (const [, link] of text.matchAll(/\]\((?!https?:)([^)#]+)/g))
        assert.ok(existsSync(join(root, dirname(path), link!)), `${path}: ${link}`);
  });

  it("names existing files and folders only", () => {
    const wrong = pages.flatMap((page) =>
      pathsInPage(page)
        .filter((path) => !EXAMPLES.has(path) && globSync(path, { cwd: root }).length === 0)
        .map((path) => `${page.path}: ${path}`),
    );
    assert.deepEqual(wrong, []);
  });

  it("has no line of more than 120 columns, tables, links and code left out", () => {
    const wide = pages.flatMap(({ path, text }) =>
      text
        .replace(/^```[\s\S]*?^```$/gm, (block) => block.replace(/[^\n]/g, ""))
        .split("\n")
        .flatMap((line, index) => (line.length > 120 && !/^[|!]/.test(line) ? `${path}:${index + 1}` : [])),
    );
    assert.deepEqual(wide, []);
  });
});

function textOf(path: string): string {
  return pages.find((page) => page.path === path)!.text;
}

/** As the program itself names them when it refuses one. */
async function knownKeys(stack: string): Promise<string[]> {
  const refusal = await recordStack(stack, { "plinth:nothing": "1" }).then(
    () => "",
    (error: Error) => error.message,
  );
  const [, list] = /Known keys are: (.*?)\. Remove/.exec(refusal)!;
  return list!.split(", ");
}
