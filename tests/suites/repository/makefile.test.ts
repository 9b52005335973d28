import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { readPages } from "../../support/pages.ts";

/** A clean environment: a make that runs the tests exports its variables. */
const env = { PATH: process.env.PATH, HOME: process.env.HOME };
const make = (...args: string[]) => spawnSync("make", ["-s", ...args], { cwd: root, env, encoding: "utf8" });

const text = readPages()
  .map((page) => page.text)
  .join("\n");

describe("make", () => {
  it("refuses a misspelt variable before anything happens: DRYRUN=1 would write", () => {
    const { status, stderr } = make("help", "DRYRUN=1");
    assert.equal(status, 2);
    assert.match(stderr, /No target takes the variable 'DRYRUN'; 'make help' lists the variables/);
  });

  it("accepts every variable in its help and in the documentation", () => {
    const shown = `${make("help").stdout}\n${[...text.matchAll(/make [a-z-]+[^\n`]*/g)].join("\n")}`;
    const names = new Set([...shown.matchAll(/\b([A-Z][A-Z_]+)=/g)].map(([, name]) => name!));
    assert.ok(names.size > 20 && names.has("DRY_RUN"), [...names].join(" "));
    const { status, stderr } = make("help", ...[...names].map((name) => `${name}=1`));
    assert.equal(status, 0, stderr);
  });

  it("has a line of help for every target, and every target that the documentation names", () => {
    const { stdout } = make();
    const makefile = readFileSync(join(root, "Makefile"), "utf8");
    const phony = [...makefile.matchAll(/^\.PHONY: (.+)$/gm)].flatMap(([, names]) => names!.split(" "));
    const helped = [...stdout.matchAll(/^ {2}make ([a-z-]+) /gm)].map(([, name]) => name!);
    assert.deepEqual(helped.toSorted(), phony.toSorted());
    const named = [...text.matchAll(/[`'$] ?make (?:-s )?([a-z][a-z-]+)/g)].map(([, name]) => name!);
    assert.deepEqual(
      [...new Set(named)].filter((name) => !helped.includes(name)),
      [],
    );
  });
});
