import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Spool, type SpoolEntry, SpoolFull, type SpoolPosition } from "@plinth/local/collector/spool/spool.ts";

describe("buffer of received documents", () => {
  let folder: string;
  let spool: Spool;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "spool-"));
    spool = new Spool(folder, 64 << 20);
  });
  afterEach(() => {
    spool.close();
    rmSync(folder, { recursive: true });
  });

  const entry = (text: string, account = 1): SpoolEntry => ({
    account,
    kind: "line",
    count: 1,
    documents: Buffer.from(`${text}\n`),
  });
  const start: SpoolPosition = { segment: 0, offset: 0 };

  function readAll(from = start): { texts: string[]; end: SpoolPosition } {
    const texts: string[] = [];
    for (let position = from; ; ) {
      const { entries, next } = spool.read(position, 1 << 20);
      if (entries.length === 0) return { texts, end: next };
      texts.push(...entries.map(({ account, documents }) => `${account} ${documents.toString().trimEnd()}`));
      position = next;
    }
  }

  it("gives entries back in their order, also to the next process", () => {
    spool.append([entry("a"), entry("ü", Number.MAX_SAFE_INTEGER)]);
    const { end } = readAll();
    spool.append([entry("c")]);
    spool.close();
    spool = new Spool(folder, 64 << 20);
    spool.append([entry("d")]);
    assert.deepEqual(readAll().texts, ["1 a", `${Number.MAX_SAFE_INTEGER} ü`, "1 c", "1 d"]);
    assert.deepEqual(readAll(end).texts, ["1 c", "1 d"]);
  });

  it("skips an entry that was torn by a crash", () => {
    spool.append([entry("whole")]);
    spool.close();
    const [file = ""] = readdirSync(folder);
    appendFileSync(join(folder, file), "1 line 1 1000\nonly a part");
    spool = new Spool(folder, 64 << 20);
    spool.append([entry("next")]);
    assert.deepEqual(readAll().texts, ["1 whole", "1 next"]);
  });

  it("refuses what does not fit, and takes it once there is room", () => {
    const big = entry("x".repeat(10 << 20));
    for (let n = 0; n < 6; n++) spool.append([big]);
    assert.throws(() => spool.append([big]), SpoolFull);
    const { texts, end } = readAll();
    assert.equal(texts.length, 6);
    spool.discard(end);
    spool.append([big]);
    assert.equal(readAll(end).texts.length, 1);
  });

  it("refuses what a full disk does not take, and keeps what it has (OBS-7)", function () {
    const disk = mkdtempSync(join(tmpdir(), "full-disk-"));
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk]);
    // Only root may mount.
    if (mounted.status !== 0) return this.skip();
    const small = new Spool(join(disk, "buffer"), 64 << 20);
    try {
      const part = entry("x".repeat(300_000));
      for (let n = 0; n < 6; n++) small.append([part]);
      assert.throws(() => small.append([part]), /ENOSPC.*free some disk space/);
      const { entries, next } = small.read(start, 8 << 20);
      assert.equal(entries.length, 6);
      small.discard(next);
      small.append([part]);
      assert.equal(small.read(next, 8 << 20).entries.length, 1);
    } finally {
      small.close();
      spawnSync("umount", [disk]);
      rmSync(disk, { recursive: true });
    }
    return undefined;
  });

  it("refuses what it has no file for, as on a full disk (OBS-7)", () => {
    const directory = join(folder, "gone");
    const other = new Spool(directory, 1 << 20);
    rmSync(directory, { recursive: true });
    assert.throws(() => other.append([entry("x")]), SpoolFull);
    mkdirSync(directory);
    other.append([entry("y")]);
    assert.equal(other.read(start, 1000).entries.length, 1);
    other.close();
  });

  it("deletes what was delivered", () => {
    for (let n = 0; n < 30; n++) spool.append([entry("x".repeat(1 << 20))]);
    spool.discard(readAll().end);
    assert.ok(spool.bytes < 1 << 20);
    assert.ok(readdirSync(folder).length <= 1);
  });
});
