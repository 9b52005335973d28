import assert from "node:assert/strict";
import { apply, hasSpec, remove, status } from "@plinth/local/supervisor/client.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { findPortHolder } from "@plinth/local/supervisor/system/ports.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { eventually } from "../../../../support/eventually.ts";
import {
  hasReceivedRequest,
  portSharingSpec,
  RepeatedRequests,
  requestOnce,
  runningVersions,
  signalReady,
  type Version,
} from "../../../../support/supervisor/shared-port.ts";
import {
  clearFolders,
  isAlive,
  killSupervisor,
  statusOf,
  supervisorFolder,
} from "../../../../support/supervisor/supervisor.ts";

const NEWER = /a newer configuration came before it was ready/;

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

describe("supervisor: events during a handover (INF-15)", function () {
  this.timeout(20_000);
  if (process.platform !== "linux") return;
  afterEach(clearFolders);

  const place = async () => {
    const [directory, port] = [supervisorFolder(), await findFreePort()];
    return {
      directory,
      port,
      apply: (version: Version, more?: Partial<ProcessSpec>) =>
        apply(directory, "one", portSharingSpec(directory, port, version, more)),
    };
  };

  it("starts the last of several versions, and answers the others so", async () => {
    const { port, apply } = await place();
    await apply({ version: "0" });
    const all = ["1", "2", "3", "4"];
    // The system decides which of them arrives last.
    const outcomes = await Promise.allSettled(all.map((version) => apply({ version })));
    const taken = all.filter((_, index) => outcomes[index]?.status === "fulfilled");
    assert.ok(taken.includes(await requestOnce(port)), `the one that answers is one of ${taken}`);
    assert.ok(taken.length < all.length);
    for (const outcome of outcomes) if (outcome.status === "rejected") assert.match(String(outcome.reason), NEWER);
  });

  it("replaces a version that is not ready yet by a newer one, and one of them always listens", async () => {
    const { port, apply } = await place();
    await apply({ version: "1" });
    const unready = assert.rejects(apply({ version: "2", ready: "never" }), NEWER);
    await eventually("the second has taken the place of the first", async () => (await answers(port)) === "2");
    const asking = new RepeatedRequests(port);
    await apply({ version: "3" });
    await eventually("the third answers", () => asking.answers.includes("3"));
    await asking.end();
    await unready;
  });

  it("waits for the version that has the port, and not for one that will never be ready", async () => {
    const { directory, port, apply } = await place();
    const first = await apply({ version: "1", closes: "go" });
    const unready = assert.rejects(apply({ version: "2", ready: "never" }, { readyTimeoutSeconds: 60 }), NEWER);
    await eventually(
      "the first gets the signal to end",
      async () => (await statusOf(directory, "one")).pid !== first.pid,
    );
    const third = apply({ version: "3" });
    // The third version has arrived by the last of these answers: a client first asks whether a
    // supervisor runs, then once more.
    for (let time = 1; time <= 5; time++) assert.equal((await statusOf(directory, "one")).state, "starting");
    signalReady(directory, "go");
    await third;
    assert.equal(await requestOnce(port), "3");
    await unready;
  });

  it("reports a version as ready after a newer one fails", async () => {
    const { directory, port, apply } = await place();
    await apply({ version: "1" });
    const second = { version: "2", ready: "go" };
    const unready = assert.rejects(apply(second), NEWER);
    await eventually("the second has taken the place of the first", async () => (await answers(port)) === "2");
    await assert.rejects(
      apply({ version: "3" }, { args: ["-e", "process.exit(1)"] }),
      /exited with code 1, so the one before it goes on/,
    );
    await unready;
    const again = apply(second);
    signalReady(directory, "go");
    assert.equal((await again).state, "ready");
  });

  it("goes on with the new version when the old one crashes", async () => {
    const { directory, port, apply } = await place();
    const first = await apply({ version: "1" });
    const second = apply({ version: "2", starts: "go" });
    await eventually("the second is being started", () => runningVersions(directory).length === 2);
    await assert.rejects(requestOnce(port, "/exit"));
    await eventually(
      "the first is started again",
      async () => ![first.pid, undefined].includes((await statusOf(directory, "one")).pid),
    );
    signalReady(directory, "go");
    assert.equal((await second).state, "ready");
    assert.equal(await requestOnce(port), "2");
  });

  it("removes a half-started version when the supervisor is killed, and the client gets it from the next", async () => {
    const { directory, port, apply } = await place();
    const first = await apply({ version: "1" });
    const second = apply({ version: "2", starts: "go" });
    await eventually("the second is being started", () => runningVersions(directory).length === 2);
    const half = runningVersions(directory).find((pid) => pid !== first.pid)!;
    await killSupervisor(directory);
    await eventually("the half-started one has ended", () => !isAlive(half));
    assert.deepEqual([await requestOnce(port), isAlive(first.pid!)], ["1", true]);
    signalReady(directory, "go");
    const { pid, state } = await second;
    assert.deepEqual([await requestOnce(port), state], ["2", "ready"]);
    await eventually("one is left", () => runningVersions(directory).length === 1);
    assert.deepEqual(runningVersions(directory), [pid]);
  });
});

/** Two versions may share the port, so several answers are compared. */
async function answers(port: number): Promise<string | undefined> {
  const found = await Promise.all(Array.from({ length: 12 }, () => requestOnce(port).catch(() => undefined)));
  return new Set(found).size === 1 ? found[0] : undefined;
}
