import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { platformVariables } from "@plinth/kit/core/env.ts";
import { root } from "@plinth/local/locations.ts";
import { recordStack } from "../../../cli/program/record.ts";
import { structuredRules } from "../../../components/config/rules.ts";
import { isContractVariable } from "../../../components/service/environment.ts";

const pages = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));

describe("the documentation", () => {
  const operator = readFileSync(join(root, "docs/operator.md"), "utf8");

  it("has a row for every configuration key that the program knows, and for no other", async () => {
    const known = await Promise.all(["local", "dev"].map(knownKeys));
    const rows = operator
      .split("## Settings\n")[1]!
      .split("\n## ")[0]!
      .matchAll(/^\| `(\w+)` \|/gm);
    assert.deepEqual([...rows].map(([, key]) => key).sort(), [...new Set(known.flat())].sort());
  });

  it("names every field of the keys that have fields", () => {
    for (const [key, fields] of Object.entries(structuredRules)) {
      const row = operator.split("\n").find((line) => line.startsWith(`| \`${key}\` |`))!;
      for (const field of Object.keys(fields)) assert.ok(row.includes(`\`${field}\``), `${key}: ${field}`);
    }
  });

  it("tells service authors of every variable of the kit that a stack may set", () => {
    const services = readFileSync(join(root, "docs/services.md"), "utf8");
    const rows = services
      .split("## The environment\n")[1]!
      .split("\n## ")[0]!
      .matchAll(/^\| `(\w+)` \|/gm);
    const settable = Object.keys(platformVariables).filter((name) => !isContractVariable(name));
    assert.deepEqual([...rows].map(([, name]) => name).sort(), settable.sort());
  });

  it("is all linked from the README", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    for (const page of pages) assert.ok(readme.includes(`(docs/${page})`), page);
  });

  it("links to nothing that is not there", () => {
    for (const page of ["README.md", "CONTRIBUTING.md", ...pages.map((name) => `docs/${name}`)])
      for (const [, link] of readFileSync(join(root, page), "utf8").matchAll(/\]\((?!https?:)([^)#]+)/g))
        assert.ok(existsSync(join(root, dirname(page), link!)), `${page}: ${link}`);
  });
});

/** As the program itself names them when it refuses one. */
async function knownKeys(stack: string): Promise<string[]> {
  const refusal = await recordStack(stack, { "plinth:nothing": "1" }).then(
    () => "",
    (error: Error) => error.message,
  );
  const [, list] = /Known keys are: (.*?)\. Remove/.exec(refusal)!;
  return list!.split(", ");
}
