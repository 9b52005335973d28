import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { FolderWatcher } from "../../../../cli/dev-loop/folder-watcher.ts";
import { eventually } from "../../../support/eventually.ts";

describe("make dev: watching folders (INF-15)", () => {
  let base: string;
  let folder: string;
  let watch: FolderWatcher;
  let changes: string[][];
  beforeEach(async () => {
    base = realpathSync(mkdtempSync(join(tmpdir(), "plinth-watch-")));
    folder = join(base, "service");
    for (const name of ["routes", "node_modules"]) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, "routes", "a.ts"), "1");
    changes = [];
    watch = new FolderWatcher(base, ["service"], (files) =>
      changes.push(files.map((file) => relative(folder, file)).sort()),
    );
    await watch.ready;
  });
  afterEach(async () => {
    await watch.close();
    rmSync(base, { recursive: true });
  });

  const write = (name: string, text = "2") => writeFileSync(join(folder, name), text);
  /** The next reported changes; earlier ones are kept. */
  const next = async () => {
    await eventually("a change is reported", () => changes.length > 0);
    return changes.shift();
  };

  it("reports several writes of one save once", async () => {
    write("routes/a.ts", "");
    write("routes/a.ts", "22");
    write("b.ts");
    assert.deepEqual(await next(), ["b.ts", "routes/a.ts"]);
  });

  it("reports a file that an editor replaces", async () => {
    for (let save = 1; save <= 3; save++) {
      write("routes/.a.swp", String(save));
      renameSync(join(folder, "routes/.a.swp"), join(folder, "routes/a.ts"));
      assert.ok((await next())?.includes("routes/a.ts"), `save ${save}`);
    }
  });

  it("reports changes in later folders, and in one that is created again", async () => {
    for (let time = 1; time <= 2; time++) {
      mkdirSync(join(folder, "new", "deep"), { recursive: true });
      await next();
      write("new/deep/c.ts", String(time));
      assert.deepEqual(await next(), ["new/deep/c.ts"]);
      rmSync(join(folder, "new"), { recursive: true });
      await next();
    }
  });

  for (const replaced of ["routes", "."]) {
    it(`reports changes in folder ${replaced} after a check-out removes and creates it`, async () => {
      rmSync(join(folder, replaced), { recursive: true });
      mkdirSync(join(folder, "routes"), { recursive: true });
      await next();
      write("routes/later.ts");
      await eventually("the write is reported", () => changes.flat().includes("routes/later.ts"));
    });

    it(`reports changes in folder ${replaced} after it is moved away and back`, async () => {
      renameSync(join(folder, replaced), join(base, "aside"));
      await next();
      renameSync(join(base, "aside"), join(folder, replaced));
      await next();
      write("routes/later.ts");
      await eventually("the write is reported", () => changes.flat().includes("routes/later.ts"));
    });
  }

  it("ignores files outside of its folders", async () => {
    mkdirSync(join(base, "other"));
    writeFileSync(join(base, "README.md"), "");
    writeFileSync(join(base, "other", "a.ts"), "");
    write("routes/a.ts");
    assert.deepEqual(await next(), ["routes/a.ts"]);
  });

  it("ignores the folders of package managers", async () => {
    write("node_modules/x.js");
    write("routes/a.ts");
    assert.deepEqual(await next(), ["routes/a.ts"]);
  });
});
