import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rotateLog } from "@plinth/local/supervisor/logs.ts";
import { LogFile, listLogs } from "../../../../cli/logs/log-file.ts";

const json = (fields: object) =>
  JSON.stringify({ level: "info", time: "2026-11-21T07:58:00.000Z", service: "wallet", msg: "request", ...fields });

describe("a log file that grows", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "plinth-logs-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const added = (file: LogFile) => file.readAdded().map(({ message }) => message);

  it("is read by complete lines, across split characters and rotations", () => {
    const path = join(folder, "x.log");
    writeFileSync(path, "first\n");
    const file = new LogFile(folder, "x");
    assert.deepEqual(added(file), ["first"]);
    const euro = Buffer.from("5 €\n");
    appendFileSync(path, euro.subarray(0, 3));
    assert.deepEqual(added(file), []);
    appendFileSync(path, euro.subarray(3));
    assert.deepEqual(added(file), ["5 €"]);
    rotateLog(path, 1);
    appendFileSync(path, "x\n");
    assert.deepEqual(added(file), ["x"]);
    assert.deepEqual(listLogs(folder), ["x"]);
  });

  it("is empty until it exists", () => {
    const file = new LogFile(folder, "late");
    file.skipToEnd();
    assert.deepEqual(added(file), []);
    writeFileSync(join(folder, "late.log"), "begun\n");
    assert.deepEqual(added(file), ["begun"]);
  });

  it("is read with its rotated logs when a time is given", () => {
    const path = join(folder, "x.log");
    for (const n of [1, 2, 3]) {
      writeFileSync(path, `${json({ msg: String(n) })}\n`);
      if (n < 3) rotateLog(path, 1);
    }
    const messages = (since: number | undefined) =>
      new LogFile(folder, "x").readHistory(since).map(({ message }) => message);
    assert.deepEqual([messages(0), messages(undefined)], [["1", "2", "3"], ["3"]]);
  });
});
