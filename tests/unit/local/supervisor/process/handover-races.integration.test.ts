import assert from "node:assert/strict";
import { apply } from "@plinth/local/supervisor/client.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { eventually } from "../../../../support/eventually.ts";
import {
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
