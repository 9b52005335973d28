import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { followFile, readEnd } from "@plinth/local/page/sources/resources/console-file.ts";

const SECRET = "s3cret-value-of-a-service";
const mask = (text: string) => text.replaceAll(SECRET, "***");

describe("console file", () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "console-"));
    path = join(directory, "x.log");
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("shows no half of a secret where its end is cut", () => {
    for (let cut = 1; cut < SECRET.length; cut++) {
      writeFileSync(path, `${SECRET}${"x".repeat(20_000)}`);
      const shown = readEnd(path, 20_000 + cut, mask);
      assert.ok(!shown.includes(SECRET.slice(-cut)) || cut < 2, `${cut}`);
      writeFileSync(path, `${SECRET}\nlast\n`);
      assert.equal(readEnd(path, 6 + cut, mask), "last\n");
    }
  });

  it("shows no half of a secret in a line that is too long, nor one written in two parts (OBS-3)", async () => {
    const lines = ["before", `${"x".repeat(65_530)}${SECRET}${"y".repeat(200_000)}`, `after ${SECRET}`];
    writeFileSync(path, "");
    const stop = new AbortController();
    let shown = "";
    const whole = `${lines.join("\n")}\n`;
    const parts = [whole.slice(0, 65_550), whole.slice(65_550, -10), whole.slice(-10)];
    const timer = setInterval(() => appendFileSync(path, parts.shift() ?? ""), 300);
    const timeout = setTimeout(() => stop.abort(), 5000);
    for await (const text of followFile(path, 1000, mask, stop.signal)) {
      shown += text;
      if (shown.includes("after ***\n")) break;
    }
    clearInterval(timer);
    clearTimeout(timeout);
    assert.equal(shown, `before\n${"x".repeat(65_530)}***${"y".repeat(3)}… (cut)\nafter ***\n`);
  });
});
