import assert from "node:assert/strict";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { writeClaims } from "@plinth/local/supervisor/claims.ts";
import { apply, remove, status } from "@plinth/local/supervisor/client.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { findFreeOffset, findTakenPorts } from "@plinth/local/supervisor/taken-ports.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { shellSpec } from "../../../support/supervisor/shell-spec.ts";
import { clearFolders, isAlive, statusOf, supervisorFolder } from "../../../support/supervisor/supervisor.ts";

describe("supervisor: ports that change hands", () => {
  let directory: string;
  let port: number;

  beforeEach(async () => {
    directory = supervisorFolder();
    port = await findFreePort();
  });
  afterEach(clearFolders);

  const web = (at: number, more: Partial<ProcessSpec> = {}) =>
    shellSpec(directory, "", {
      command: "python3",
      args: ["-m", "http.server", String(at), "--bind", "127.0.0.1"],
      ready: { kind: "http", port: at, path: "/" },
      ports: { http: at },
      ...more,
    });
  const claim = (...names: string[]) =>
    writeClaims(directory, { portOffset: 0, ports: Object.fromEntries(names.map((name) => [name, { http: port }])) });

  it("go to the process of the new program, whose engine removes the old one only afterwards", async () => {
    const old = await apply(directory, "before", web(port), "first");
    claim("after");
    const { state } = await apply(directory, "after", web(port), "second");
    assert.deepEqual(
      [state, isAlive(old.pid!), (await statusOf(directory, "before")).state],
      ["ready", false, "stopped"],
    );
    await remove(directory, "before", "first");
    assert.deepEqual(
      (await status(directory)).map(({ name }) => name),
      ["after"],
    );
  });

  it("stay with the old process while the new one is built, and when its build fails", async () => {
    const old = await apply(directory, "before", web(port), "first");
    claim("after");
    const init = [{ command: "/bin/sh", args: ["-c", "sleep 0.3; exit 1"], creates: `${directory}/built` }];
    await assert.rejects(apply(directory, "after", web(port, { init }), "second"), /init step \/bin\/sh failed/);
    assert.deepEqual([(await statusOf(directory, "before")).pid, isAlive(old.pid!)], [old.pid, true]);
  });

  it("go round in a ring, one process after the other", async () => {
    const others = [port, await findFreePort(), await findFreePort()];
    for (const [index, at] of others.entries()) await apply(directory, `ring-${index}`, web(at));
    const next = (index: number) => others[(index + 1) % others.length]!;
    writeClaims(directory, {
      portOffset: 0,
      ports: Object.fromEntries(others.map((_, index) => [`ring-${index}`, { http: next(index) }])),
    });
    for (const index of others.keys()) await apply(directory, `ring-${index}`, web(next(index)));
    assert.deepEqual(
      (await status(directory)).map(({ state }) => state),
      ["ready", "ready", "ready"],
    );
  });

  it("are not taken from a process that the program still gives them to", async () => {
    const old = await apply(directory, "before", web(port));
    claim("before", "after");
    const refused = assert.rejects(apply(directory, "after", web(port)), /it was removed before it was ready/);
    await sleep(1000);
    assert.equal((await statusOf(directory, "before")).pid, old.pid);
    await remove(directory, "after");
    await refused;
  });
});

describe("ports that a program wants", () => {
  afterEach(clearFolders);

  it("are looked at before anything changes: those of other programs are named with an offset that is free", async () => {
    const [directory, own, foreign] = [supervisorFolder(), await findFreePort(), await findFreePort()];
    const server = createServer().listen(foreign, "0.0.0.0");
    const spec = shellSpec(directory, "", {
      command: "python3",
      args: ["-m", "http.server", String(own), "--bind", "127.0.0.1"],
      ready: { kind: "tcp", port: own },
      ports: { http: own },
    });
    await apply(directory, "one", spec);
    const claims = {
      portOffset: 0,
      ports: { two: { http: own }, three: { grpc: foreign, http: await findFreePort() } },
    };
    try {
      const [sentence, ...more] = await findTakenPorts([directory], claims);
      assert.deepEqual(more, []);
      assert.match(
        sentence!,
        new RegExp(`^Port ${foreign} \\(grpc of three\\) is already taken: held by process ${process.pid} `),
      );
      assert.match(sentence!, /plinth:portOffset/);
    } finally {
      server.close();
    }
    assert.deepEqual(await findTakenPorts([directory], { portOffset: 0, ports: { two: { http: own } } }), []);
  });

  it("fit below an offset that is neither in force nor taken", async () => {
    const base = 11_000;
    const claims = { portOffset: 1000, ports: { one: { http: base + 1000 }, two: { http: base + 1001 } } };
    const first = (await findFreeOffset(claims))!;
    assert.ok(first % 1000 === 0 && first > 1000, String(first));
    const server = createServer().listen(base + 1 + first, "127.0.0.1");
    const second = (await findFreeOffset(claims))!;
    server.close();
    assert.ok(second > first);
  });
});
