import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { readParts, readRunbook } from "@plinth/local/page/browser/alerts/runbook-text.ts";

describe("the text of a runbook", () => {
  it("has headings, paragraphs, bullets, steps and code", () => {
    const markdown = "# Title\n\nTwo\nlines.\n\n- one\n  more\n- two\n\n1. first\n2. second\n\n```sh\nmake up\n```\n";
    assert.deepEqual(readRunbook(markdown), [
      { kind: "heading", text: "Title" },
      { kind: "paragraph", text: "Two lines." },
      { kind: "bullets", items: ["one more", "two"] },
      { kind: "steps", items: ["first", "second"] },
      { kind: "code", text: "make up" },
    ]);
  });

  it("has inline code apart, and links as their texts", () => {
    assert.deepEqual(readParts("Type `make up` as in [the page](x.md)."), [
      { kind: "text", text: "Type " },
      { kind: "code", text: "make up" },
      { kind: "text", text: " as in the page." },
    ]);
  });

  it("is complete for every runbook: no mark of Markdown is left", () => {
    const folder = join(root, "docs/runbooks");
    for (const name of readdirSync(folder).filter((each) => each !== "README.md")) {
      const blocks = readRunbook(readFileSync(join(folder, name), "utf8"));
      const texts = blocks.flatMap((block) =>
        block.kind === "code" ? [] : "items" in block ? block.items : [block.text],
      );
      const left = texts
        .flatMap((text) => readParts(text))
        .filter((part) => part.kind === "text" && /^#|\||\]\(|`/.test(part.text));
      assert.deepEqual(left, [], name);
    }
  });
});
