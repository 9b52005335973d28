import assert from "node:assert/strict";
import { apply, hasSpec, remove, status } from "@plinth/local/supervisor/client.ts";
import { findPortHolder } from "@plinth/local/supervisor/system/ports.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { eventually } from "../../../../support/eventually.ts";
import {
  hasReceivedRequest,
  portSharingSpec,
  RepeatedRequests,
  requestOnce,
  signalReady,
} from "../../../../support/supervisor/shared-port.ts";
import { clearFolders, isAlive, statusOf, supervisorFolder } from "../../../../support/supervisor/supervisor.ts";

describe("supervisor: handover from one version to the next (INF-15)", function () {
  this.timeout(20_000);
  if (process.platform !== "linux") return;
  afterEach(clearFolders);

  it("always has a process that listens, and lets requests under way finish", async () => {
    const [directory, port] = [supervisorFolder(), await findFreePort()];
    const first = await apply(directory, "one", portSharingSpec(directory, port, { version: "1", answers: "go" }));
    const slow = requestOnce(port);
    await eventually("the first has begun to answer", () => hasReceivedRequest(directory, "1"));
    const asking = new RepeatedRequests(port);
    await eventually("the first answers", () => asking.answers.includes("1"));
    const second = await apply(directory, "one", portSharingSpec(directory, port, { version: "2" }));
    assert.equal(findPortHolder(port)?.pid, second.pid, "the first listens no longer");
    await eventually("the second answers", () => asking.answers.includes("2"));
    await asking.end();
    assert.deepEqual([...new Set(asking.answers)], ["1", "2"]);
    // The kernel resets a connection that waits to be accepted when the old process closes: at most
    // one of a client that opens one at a time.
    assert.ok(asking.resets <= 1, `${asking.resets} connections were reset`);
    assert.deepEqual(
      [second.state, second.restarts, second.pid === first.pid, isAlive(first.pid!)],
      ["ready", 0, false, true],
    );
    signalReady(directory, "go");
    assert.equal(await slow, "1");
    await eventually("the first has ended", () => !isAlive(first.pid!));
  });

  const broken: [what: string, script: string, sentence: RegExp][] = [
    [
      "ends before it listens",
      'console.error("Expected a brace"); process.exit(1)',
      /exited with code 1, so the one before it goes on; .*\n {2}Expected a brace$/,
    ],
    ["never listens", "setInterval(() => {}, 1000)", /did not listen on \d+ within 1 s, so the one before it goes on/],
  ];
  for (const [what, script, sentence] of broken) {
    it(`keeps the running process when the next one ${what}, and accepts the one after it`, async () => {
      const [directory, port] = [supervisorFolder(), await findFreePort()];
      const good = portSharingSpec(directory, port, { version: "1" });
      const first = await apply(directory, "one", good);
      const bad = portSharingSpec(directory, port, { version: "2" }, { args: ["-e", script], readyTimeoutSeconds: 1 });
      await assert.rejects(apply(directory, "one", bad), sentence);
      assert.deepEqual([await requestOnce(port), (await statusOf(directory, "one")).pid], ["1", first.pid]);
      assert.deepEqual([await hasSpec(directory, "one", good), await hasSpec(directory, "one", bad)], [true, false]);
      await apply(directory, "one", portSharingSpec(directory, port, { version: "3" }));
      assert.equal(await requestOnce(port), "3");
    });
  }

  it("starts a process with other ports or without handover only after the old one has ended", async () => {
    const [directory, port] = [supervisorFolder(), await findFreePort(2)];
    const first = await apply(directory, "one", portSharingSpec(directory, port, { version: "1" }));
    const second = await apply(directory, "one", portSharingSpec(directory, port + 1, { version: "2" }));
    assert.equal(isAlive(first.pid!), false);
    await apply(directory, "one", portSharingSpec(directory, port + 1, { version: "3" }, { handover: false }));
    assert.equal(isAlive(second.pid!), false);
    assert.equal(await requestOnce(port + 1), "3");
  });

  it("removes all its processes, also those that still finish requests", async () => {
    const [directory, port] = [supervisorFolder(), await findFreePort()];
    const first = await apply(directory, "one", portSharingSpec(directory, port, { version: "1", answers: "go" }));
    const slow = requestOnce(port);
    await eventually("the first has begun to answer", () => hasReceivedRequest(directory, "1"));
    const second = await apply(directory, "one", portSharingSpec(directory, port, { version: "2" }));
    const removed = remove(directory, "one");
    assert.equal(isAlive(first.pid!), true);
    signalReady(directory, "go");
    assert.equal(await slow, "1");
    await removed;
    assert.deepEqual([isAlive(first.pid!), isAlive(second.pid!), await status(directory)], [false, false, []]);
  });
});
