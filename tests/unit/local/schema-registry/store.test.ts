import assert from "node:assert/strict";
import { RegistryStore } from "@plinth/local/schema-registry/store.ts";
import { createSubjectOperations } from "@plinth/local/schema-registry/subjects.ts";
import { createMemoryLog, createMemoryTopic, type MemoryTopic } from "../../../support/servers/memory-registry.ts";

const record = (name: string) => ({ schema: JSON.stringify({ type: "record", name, fields: [] }) });

async function open(topic: MemoryTopic) {
  const store = new RegistryStore(createMemoryLog(topic), () => undefined);
  await store.start(10);
  const { register } = createSubjectOperations(store);
  return {
    store,
    register: (subject: string, name = subject) => register({ subject, request: record(name), normalize: false }),
  };
}

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
