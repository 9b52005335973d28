import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { eventuallyPasses } from "../../support/eventually.ts";
import { writeFiles } from "../../support/sample-repositories.ts";
import { Stack } from "../../support/stack/stack.ts";
import { outputPattern, readTutorial } from "../../support/tutorial.ts";

describe("docs/tutorial.md, step by step in a clone", function () {
  this.timeout(300_000);
  let stack: Stack;
  before(async () => {
    stack = await Stack.create();
    for (const path of [".mocharc.json", "tests"])
      cpSync(join(root, path), join(stack.root, path), { recursive: true });
  });
  after(() => stack.destroy());

  for (const step of readTutorial(join(root, "docs/tutorial.md"))) {
    if ("file" in step)
      it(`writes ${step.file}`, () => {
        writeFiles(stack.root, { [step.file]: step.text });
      });
    else
      it(`types '${step.command}'`, async () => {
        const follow = async () => {
          const { code, output } = await stack.type(atPortsOf(stack, step.command));
          assert.equal(code, 0, output);
          assert.match(`${output.trimEnd()}\n`, outputPattern(step.output.map((line) => atPortsOf(stack, line))));
        };
        // An event takes a moment: a reader who asks too early asks again.
        await (/^curl (?!.* -d )/.test(step.command) ? eventuallyPasses(follow) : follow());
      });
  }

  it("writes code that type-checks", async () => {
    const { code, output } = await stack.type("node node_modules/typescript-7/bin/tsc -p tsconfig.json");
    assert.equal(code, 0, output);
  });
});

/** The page shows the ports of a stack without an offset. */
function atPortsOf({ offset }: Stack, text: string): string {
  return text.replace(/localhost:(\d+)/g, (_, port) => `localhost:${Number(port) + offset}`);
}
