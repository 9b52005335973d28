import assert from "node:assert/strict";
import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apply, ensureSupervisor, logPath } from "@plinth/local/supervisor/client.ts";
import { readTail, redact, rotateLog } from "@plinth/local/supervisor/logs.ts";
import { eventually } from "../../../support/eventually.ts";
import { shellSpec } from "../../../support/supervisor/shell-spec.ts";
import { clearFolders, killSupervisor, supervisorFolder } from "../../../support/supervisor/supervisor.ts";

describe("supervisor: logs", () => {
  afterEach(clearFolders);

  it("are rotated while a process keeps writing", async () => {
    const directory = supervisorFolder();
    process.env.PLINTH_LOG_BYTES = "20000";
    await ensureSupervisor(directory).finally(() => delete process.env.PLINTH_LOG_BYTES);
    await apply(
      directory,
      "one",
      shellSpec(directory, "echo ready; while :; do echo some line of output; sleep 0.0005; done"),
    );
    const log = logPath(directory, "one");
    await eventually("two rotations", () => statSync(`${log}.2`, { throwIfNoEntry: false }) !== undefined);
    const size = statSync(log).size;
    await eventually(
      "it goes on at the beginning of the file",
      () => statSync(log).size > size || statSync(log).size < size,
    );
    // A write at the old position would leave a hole of zeros.
    assert.equal(readFileSync(log).includes(0), false);
    assert.ok(statSync(`${log}.1`).size > 20_000);
  });

  it("go on while no supervisor runs", async () => {
    const directory = supervisorFolder();
    await apply(
      directory,
      "one",
      shellSpec(directory, "echo ready; while [ ! -e go ]; do sleep 0.02; done; echo went on; exec sleep 600"),
    );
    await killSupervisor(directory);
    writeFileSync(join(directory, "work", "go"), "");
    await eventually("the line", () => readFileSync(logPath(directory, "one"), "utf8").includes("went on"));
  });

  it("are rotated also of the supervisor itself", async () => {
    const directory = supervisorFolder();
    process.env.PLINTH_LOG_BYTES = "20000";
    await ensureSupervisor(directory).finally(() => delete process.env.PLINTH_LOG_BYTES);
    await apply(directory, "one", shellSpec(directory, "echo ready; exec sleep 600"));
    const own = join(directory, "logs", "supervisor.log");
    appendFileSync(own, "x".repeat(30_000));
    await eventually("it is rotated", () => statSync(`${own}.1`, { throwIfNoEntry: false }) !== undefined);
    assert.ok(statSync(own).size < 30_000);
  });

  it("keep three rotated files", () => {
    const path = join(supervisorFolder(), "x.log");
    for (let n = 1; n <= 6; n++) {
      writeFileSync(path, `content ${n}`);
      rotateLog(path, 5);
    }
    assert.deepEqual(
      [1, 2, 3, 4].map(
        (n) => statSync(`${path}.${n}`, { throwIfNoEntry: false }) && readFileSync(`${path}.${n}`, "utf8"),
      ),
      ["content 6", "content 5", "content 4", undefined],
    );
    assert.equal(readFileSync(path, "utf8"), "");
  });

  it("show their last lines without secrets", () => {
    const path = join(supervisorFolder(), "x.log");
    writeFileSync(path, "old\nfirst tok3n\n\nredis://:pw@host/ and postgresql://app:p%40w@h:1/db\n");
    assert.deepEqual(readTail(path, 4, 8, ["tok3n"]), [
      "first ***",
      "redis://:***@host/ and postgresql://app:***@h:1/db",
    ]);
    assert.deepEqual(readTail(path, 0, 1, []), ["redis://:***@host/ and postgresql://app:***@h:1/db"]);
  });

  for (const [text, want] of [
    ["kafka://broker:9092/x@y", "kafka://broker:9092/x@y"],
    ["https://user@host:80/", "https://user@host:80/"],
    ["password is hunter2.", "password is ***."],
  ] as const) {
    it(`redacts '${text}' to '${want}'`, () => assert.equal(redact(text, ["hunter2", ""]), want));
  }
});
