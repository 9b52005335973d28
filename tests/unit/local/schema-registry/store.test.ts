import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UnusableTopicError } from "@plinth/local/schema-registry/schema-topic.ts";
import { RegistryStore } from "@plinth/local/schema-registry/store.ts";
import { IdentityFile } from "@plinth/local/schema-registry/store-identity.ts";
import { createSubjectOperations } from "@plinth/local/schema-registry/subjects.ts";
import { createMemoryLog, createMemoryTopic, type MemoryTopic } from "../../../support/servers/memory-registry.ts";

const record = (name: string) => ({ schema: JSON.stringify({ type: "record", name, fields: [] }) });

async function open(topic: MemoryTopic, identity = new IdentityFile()) {
  const lines: string[] = [];
  const store = new RegistryStore(createMemoryLog(topic), (line) => lines.push(line), identity);
  await store.start(10);
  const { register } = createSubjectOperations(store);
  return {
    lines,
    store,
    register: (subject: string, name = subject) => register({ subject, request: record(name), normalize: false }),
  };
}

describe("schema registry: a log that is lost", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "plinth-registry-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is answered 50001, is read from memory, and does not make ids begin again", async () => {
    const identity = join(folder, "store.json");
    const topic = createMemoryTopic();
    const { store, register } = await open(topic, new IdentityFile(identity));
    for (const name of ["a", "b", "c"]) await register(name);
    Object.assign(topic, createMemoryTopic());
    await assert.rejects(register("d"), { code: 50001, message: /made again.*restart the registry/ });
    await assert.rejects(register("d"), { code: 50001 });
    assert.match(store.state.byId(2)[0]!.schema, /"b"/);
    assert.deepEqual(await register("b"), { id: 2, version: 1 });
    const next = await open(topic, new IdentityFile(identity));
    assert.ok((await next.register("d")).id > 3);
    assert.match(next.lines.join(), /a log was lost: ids go on after \d+/);
    const last = await open(topic, new IdentityFile(identity));
    assert.deepEqual(await last.register("d"), await next.register("d"));
  });

  it("is not taken for the same when it lost its end", async () => {
    const topic = createMemoryTopic();
    const { store, register } = await open(topic);
    for (const name of ["a", "b"]) await register(name);
    topic.records.pop();
    await open(topic);
    await assert.rejects(register("c"), { code: 50001 });
    assert.match(store.state.byId(2)[0]!.schema, /"b"/);
  });
});

describe("schema registry: a write that failed", () => {
  it("is not answered as done when it is sent again", async () => {
    const topic = createMemoryTopic();
    const log = createMemoryLog(topic);
    let isAway = false;
    const failing = (name: "open" | "append") => async (argument: never) => {
      if (isAway) throw new UnusableTopicError("away");
      return (log[name] as (argument: never) => Promise<never>)(argument);
    };
    const store = new RegistryStore({ ...log, open: failing("open"), append: failing("append") }, () => undefined);
    await store.start(10);
    const { register } = createSubjectOperations(store);
    const send = (name: string) => register({ subject: name, request: record(name), normalize: false });
    await send("a");
    isAway = true;
    for (let attempt = 0; attempt < 3; attempt++) await assert.rejects(send("b"), { code: 50001 });
    assert.deepEqual(await send("a"), { id: 1, version: 1 });
    isAway = false;
    assert.deepEqual(await send("b"), { id: 2, version: 1 });
    assert.ok(topic.records.some(({ key }) => key.includes('"b"')));
  });
});

describe("schema registry: several registries on one log", function () {
  this.timeout(60_000);

  it("answer a request that follows an answer at once", async () => {
    const { register } = await open(createMemoryTopic());
    const startedAt = performance.now();
    for (const name of ["a", "b", "c"]) await register(name);
    // Before, the second one waited for another, or for its deadline of 15 s.
    assert.ok(performance.now() - startedAt < 5000);
  });

  it("give each schema an id of its own, and each version one schema", async () => {
    const topic = createMemoryTopic();
    const registries = [await open(topic), await open(topic), await open(topic)];
    const given = await Promise.all(
      Array.from({ length: 90 }, async (_, index) => {
        const { register } = registries[index % 3]!;
        const { id } = await register(`s${index}`, `R${index}`);
        return { index, id, both: (await register("both", `Both${index % 5}`).catch(() => undefined))?.id };
      }),
    );
    assert.equal(new Set(given.map(({ id }) => id)).size, 90);
    const { store } = await open(topic);
    for (const { index, id } of given) assert.match(store.state.byId(id)[0]!.schema, new RegExp(`"R${index}"`));
    assert.equal(store.skippedRecords, 0);
  });
});
