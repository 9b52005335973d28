import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { outputPattern, readTutorial } from "../../../support/tutorial.ts";

describe("a tutorial page", () => {
  const folder = mkdtempSync(join(tmpdir(), "plinth-tutorial-"));
  after(() => rmSync(folder, { recursive: true }));
  const read = (...lines: string[]) => {
    const page = join(folder, "page.md");
    writeFileSync(page, `${lines.join("\n")}\n`);
    return readTutorial(page);
  };

  it("is files to write and commands to type, in their order", () => {
    const page = [
      "Write `a/b.ts`:",
      "",
      "```ts",
      "one();",
      "```",
      "",
      "```console",
      "$ make up",
      "…",
      "$ ls",
      "a",
      "```",
    ];
    assert.deepEqual(read(...page), [
      { file: "a/b.ts", text: "one();\n" },
      { command: "make up", output: ["…"] },
      { command: "ls", output: ["a"] },
    ]);
  });

  it("is refused when the text before a file does not name it", () => {
    assert.throws(
      () => read("Write this:", "", "```ts", "one();", "```"),
      /the text before this block names no file:\none\(\);/,
    );
  });

  const outputs: [expected: string[], printed: string, matches: boolean][] = [
    [["a"], "a\n", true],
    [["a"], "a\nb\n", false],
    [["a.c"], "abc\n", false],
    [['{"id":"…"}'], '{"id":"7"}\n', true],
    [["…", "b", "…"], "a\na\nb\nc\n", true],
    [["…", "b", "…"], "a\n", false],
    [["a", "…"], "a\n", true],
  ];
  for (const [expected, printed, matches] of outputs)
    it(`${matches ? "matches" : "does not match"} ${JSON.stringify(expected)} with ${JSON.stringify(printed)}`, () => {
      assert.equal(outputPattern(expected).test(printed), matches);
    });
});
