import assert from "node:assert/strict";
import { identityOf, LogBuffer } from "@plinth/local/page/browser/logs/log-buffer.ts";
import type { LogLine } from "@plinth/local/page/model/log-line.ts";

const NS = 1_764_000_000_000_000_000n;

describe("the buffer of log lines", () => {
  it("shows the newest first, whatever the order of arrival", () => {
    const buffer = new LogBuffer();
    buffer.addNew([line(3), line(1)]);
    buffer.addNew([line(2)]);
    assert.deepEqual(texts(buffer), ["line 3", "line 2", "line 1"]);
  });

  it("drops lines that arrive twice, in one batch or in two", () => {
    const buffer = new LogBuffer();
    assert.equal(buffer.addNew([line(1), line(1), line(2)]), 2);
    assert.equal(buffer.addNew([line(2), line(3)]), 1);
    assert.deepEqual(texts(buffer), ["line 3", "line 2", "line 1"]);
  });

  it("keeps two lines of the same time with different texts", () => {
    const buffer = new LogBuffer();
    buffer.addNew([line(1, "a"), line(1, "b")]);
    assert.equal(buffer.size, 2);
  });

  it("holds at most its maximum, and drops the oldest", () => {
    const buffer = new LogBuffer(3);
    buffer.addNew([line(1), line(2)]);
    buffer.addNew([line(3), line(4), line(5)]);
    assert.deepEqual(texts(buffer), ["line 5", "line 4", "line 3"]);
    assert.equal(buffer.isFull, true);
  });

  it("appends pages of older lines below, without those that are there", () => {
    const buffer = new LogBuffer(4);
    buffer.addNew([line(5), line(6)]);
    buffer.addOlder([line(6), line(5), line(4), line(3), line(2)]);
    assert.deepEqual(texts(buffer), ["line 6", "line 5", "line 4", "line 3"]);
  });

  it("gives a line the same key while others come and go around it", () => {
    const buffer = new LogBuffer(4);
    buffer.addNew([line(5)]);
    const key = buffer.keyAt(0);
    buffer.addOlder([line(4), line(3)]);
    assert.equal(buffer.keyAt(0), key);
    buffer.addNew([line(6), line(7)]);
    assert.equal(buffer.keyAt(2), key);
  });

  it("finds a line by its identity", () => {
    const buffer = new LogBuffer();
    buffer.addNew([line(1), line(2), line(3)]);
    assert.equal(buffer.indexOf(identityOf(line(1))), 2);
    assert.equal(buffer.indexOf("unknown"), -1);
  });

  it("stays bounded and fast over a day of lines", () => {
    const buffer = new LogBuffer(10_000);
    const started = performance.now();
    for (let batch = 0; batch < 2_000; batch += 1)
      buffer.addNew(Array.from({ length: 100 }, (_, index) => line(batch * 100 + index)));
    assert.equal(buffer.size, 10_000);
    assert.equal(buffer.at(0)?.message, "line 199999");
    assert.ok(performance.now() - started < 5_000, `took ${performance.now() - started} ms`);
  });
});

function line(second: number, message = `line ${second}`): LogLine {
  const timeNs = String(NS + BigInt(second) * 1_000_000_000n);
  return { timeNs, account: 10_001, service: "wallet", env: "local", version: "1", level: "info", message, fields: {} };
}

function texts(buffer: LogBuffer): (string | undefined)[] {
  return Array.from({ length: buffer.size }, (_, index) => buffer.at(index)?.message);
}
