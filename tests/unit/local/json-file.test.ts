import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readJsonFile } from "@plinth/local/json-file.ts";

describe("a JSON file of the platform's own", () => {
  const folder = mkdtempSync(join(tmpdir(), "plinth-json-"));
  const file = join(folder, "state.json");
  beforeEach(() => rmSync(file, { recursive: true, force: true }));
  after(() => rmSync(folder, { recursive: true }));

  const read = () => readJsonFile(file, "The state", () => "Type: make up");

  it("is read, with or without a byte order mark, and may be missing", () => {
    assert.equal(read(), undefined);
    for (const text of ['{"a":1}', '\uFEFF{"a":1}\r\n']) {
      writeFileSync(file, text);
      assert.deepEqual(read(), { a: 1 });
    }
  });

  const damaged: [what: string, text: string, words: RegExp][] = [
    ["empty", "", /is empty/],
    ["of blanks", " \n", /is empty/],
    ["of zeros, as after a power cut", "\0\0\0\0", /is not JSON: /],
    ["cut in a text", '{"a":"bc', /is cut off: /],
    ["cut after a name", '{"a"', /is cut off: /],
    ["cut in a list", '{"a":[1,2', /is cut off: /],
    ["cut after a value", '{"a":{"b":1}', /is cut off: /],
    ["of another language", "a: 1", /is not JSON: /],
    ["of a number", "7", /holds 7 instead of an object/],
    ["of nothing", "null", /holds null instead of an object/],
  ];
  for (const [what, text, words] of damaged)
    it(`is refused with its name and the remedy when it is ${what}`, () => {
      writeFileSync(file, text);
      assert.throws(read, new RegExp(`The state \\(${file}\\) ${words.source}`));
      assert.throws(read, /\. Type: make up$/);
    });

  it("is refused when it is a folder", () => {
    mkdirSync(file);
    assert.throws(read, { message: `The state (${file}) is a folder instead of a file. Type: make up` });
  });
});
