import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readClaims } from "@plinth/local/supervisor/claims.ts";
import { apply, ping, stopAll } from "@plinth/local/supervisor/client.ts";
import { handler } from "@plinth/providers/handlers/supervisor.ts";
import { Supervisor } from "@plinth/providers/supervisor.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import * as pulumi from "@pulumi/pulumi";
import { SLEEP_SCRIPT, shellSpec } from "../../../support/supervisor/shell-spec.ts";
import {
  clearFolders,
  isAlive,
  killSupervisor,
  statusOf,
  supervisorFolder,
} from "../../../support/supervisor/supervisor.ts";

describe("Supervisor", () => {
  afterEach(clearFolders);

  it("runs from create to delete, which also stops unrecorded processes", async () => {
    const directory = supervisorFolder();
    const { id, outs } = await handler.create({ directory });
    const { pid } = await apply(directory, "unrecorded", shellSpec(directory, SLEEP_SCRIPT));
    const supervisor = (await ping(directory))!.pid;
    await handler.delete(id, outs);
    assert.deepEqual([pid!, supervisor].filter(isAlive), []);
  });

  it("is reported when it died with running processes, and started again", async () => {
    const directory = supervisorFolder();
    const { id, outs } = await handler.create({ directory });
    const { pid } = await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT));
    await killSupervisor(directory);
    const { inputs: news } = await handler.check(outs, { directory });
    assert.equal(
      news.incident,
      "the supervisor was killed while it kept one; it will be started again and take them up",
    );
    assert.equal((await handler.diff(id, outs, news)).changes, true);
    const { outs: after } = await handler.update(id, outs, news);
    assert.equal((await statusOf(directory, "one")).pid, pid);
    assert.equal((await handler.diff(id, after, (await handler.check(outs, { directory })).inputs)).changes, false);
  });

  it("is not taken over by another clone's stack while it runs", async () => {
    const directory = supervisorFolder();
    const { id, outs } = await handler.create({ directory });
    const cloneFile = join(directory, "supervisor", "clone");
    const own = readFileSync(cloneFile, "utf8");
    const failures = async (olds: object) => (await handler.check(olds, { directory })).failures;
    // Of a new stack: its state was lost, or its clone has moved.
    assert.deepEqual(await failures({}), []);
    writeFileSync(cloneFile, "/no/such/clone");
    assert.deepEqual(await failures({}), []);
    writeFileSync(cloneFile, tmpdir());
    assert.match((await failures({}))[0]!.reason, /is in use by the stack of another clone, \S+: choose another one/);
    assert.deepEqual(await failures(outs), [], "the stack itself");
    writeFileSync(cloneFile, own);
    await handler.delete(id, outs);
  });

  it("is not reported when it ended without processes", async () => {
    const directory = supervisorFolder();
    const { id, outs } = await handler.create({ directory });
    await stopAll(directory);
    const { inputs: news } = await handler.check(outs, { directory });
    assert.equal((await handler.diff(id, outs, news)).changes, false);
  });

  it("follows its directory, and survives the deletion of the old resource", async () => {
    const [before, after] = [supervisorFolder(), supervisorFolder()];
    const { id, outs } = await handler.create({ directory: before });
    await handler.update(id, outs, { directory: after, incident: "" });
    assert.deepEqual([await ping(before), (await ping(after)) !== undefined], [undefined, true]);
    const next = await handler.create({ directory: after });
    await handler.delete(id, { directory: after, incident: "" });
    assert.notEqual(await ping(after), undefined);
    await handler.delete(next.id, next.outs);
    assert.equal(await ping(after), undefined);
  });

  it("refuses a relative directory", async () => {
    const { failures } = await handler.check({}, { directory: "data" });
    assert.deepEqual(failures, [
      { property: "directory", reason: "directory is 'data', but must be an absolute path" },
    ]);
  });

  it("refuses ports of other programs before anything is stopped, and notices that ports change hands", async () => {
    const [directory, port] = [supervisorFolder(), await findFreePort()];
    const { id, outs } = await handler.create({ directory, portOffset: 0, ports: { one: { http: port } } });
    assert.deepEqual(readClaims(directory), { portOffset: 0, ports: { one: { http: port } } });
    const news = { directory, portOffset: 0, ports: { two: { http: port } }, incident: "" };
    assert.equal((await handler.diff(id, outs, news)).changes, true);
    assert.deepEqual((await handler.check(outs, news)).failures, []);
    const foreign = createServer().listen(port, "127.0.0.1");
    try {
      const { failures } = await handler.check(outs, news);
      assert.match(
        failures[0]!.reason,
        new RegExp(`^Port ${port} \\(http of two\\) is already taken: held by process`),
      );
    } finally {
      foreign.close();
    }
  });

  it("is restarted when its code has changed, and its processes run on", async () => {
    const directory = supervisorFolder();
    const { id, outs } = await handler.create({ directory, revision: "1" });
    const { pid } = await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT));
    const supervisor = (await ping(directory))!.pid;
    const news = { directory, revision: "2", incident: "" };
    assert.equal((await handler.diff(id, outs, news)).changes, true);
    for (const expected of [false, true]) {
      const before = expected ? (await ping(directory))!.pid : supervisor;
      await handler.update(id, outs, news);
      assert.equal((await ping(directory))!.pid === before, expected);
    }
    const { state, pid: now, restarts } = await statusOf(directory, "one");
    assert.deepEqual([state, now, restarts], ["ready", pid, 0]);
  });

  it("refuses two processes of one program with one port or one name", async () => {
    await pulumi.runtime.setMocks({ newResource: ({ inputs }) => ({ id: "1", state: inputs }), call: () => ({}) });
    const supervisor = new Supervisor("supervisor", { directory: "/data" });
    supervisor.claim("one", { http: 8082, grpc: 9082 });
    assert.throws(() => supervisor.claim("two", { debug: 9082 }), {
      message: "Port 9082 is claimed by 'one' (grpc) and by 'two' (debug): give one of them another port",
    });
    assert.throws(() => supervisor.claim("one", {}), {
      message: "Two processes are called 'one': give one of them another name",
    });
  });

  it("creates nothing during a preview", async () => {
    const directory = join(supervisorFolder(), "not-yet");
    await handler.check({ directory }, { directory });
    assert.equal(existsSync(directory), false);
  });
});
