import assert from "node:assert/strict";
import { appendConsole, MAX_CONSOLE } from "@plinth/local/page/browser/resources/console-text.ts";

describe("the text of a console", () => {
  it("is without colours, cursor moves, titles and other controls", () => {
    const written = "\u001b[1;32mready\u001b[0m \u001b]0;title\u0007\u001b[2Kdone\r\nnext\u0000";
    assert.equal(appendConsole("", written), "ready done\nnext\ufffd");
  });

  it("keeps a bounded number of characters, from the start of a line", () => {
    let text = "";
    for (let index = 0; index < 200; index += 1) text = appendConsole(text, `${"x".repeat(9_999)}\n`);
    assert.ok(text.length <= MAX_CONSOLE);
    assert.equal(text.length % 10_000, 0);
  });
});
