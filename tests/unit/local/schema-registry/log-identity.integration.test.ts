import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createSchemaOperations } from "@plinth/local/schema-registry/schemas.ts";
import { RegistryStore } from "@plinth/local/schema-registry/store.ts";
import { IdentityFile } from "@plinth/local/schema-registry/store-identity.ts";
import { createSubjectOperations } from "@plinth/local/schema-registry/subjects.ts";
import { SchemaLog } from "@plinth/local/schema-registry/topic-log.ts";
import kafkajs from "kafkajs";
import { eventuallyPasses } from "../../../support/eventually.ts";
import { kafka } from "../../../support/servers/servers.ts";

const record = (name: string) => ({ schema: JSON.stringify({ type: "record", name, fields: [] }) });

describe("schema registry: the log that it writes to", function () {
  this.timeout(90_000);
  let folder: string;
  let brokers: string[];
  let admin: kafkajs.Admin;
  const stores: RegistryStore[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "plinth-registry-"));
    brokers = [(await kafka()).url];
    admin = new kafkajs.Kafka({ brokers, logCreator: () => () => {} }).admin();
    await admin.connect();
  });
  after(async () => {
    await Promise.all(stores.map((store) => store.stop()));
    await admin.disconnect();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(topic: string) {
    const lines: string[] = [];
    const identity = new IdentityFile(join(folder, `${topic}.json`));
    const store = new RegistryStore(new SchemaLog(brokers, topic), (line) => lines.push(line), identity);
    stores.push(store);
    await store.start(30);
    const { register } = createSubjectOperations(store);
    return {
      lines,
      register: (subject: string, name = subject) => register({ subject, request: record(name), normalize: false }),
      schema: (id: number) => createSchemaOperations(store).byId(`${id}`, false).schema,
      store,
    };
  }

  it("never means two schemas by one id, with two registries at the same time", async () => {
    const [one, other] = [await open("_schemas_shared"), await open("_schemas_shared")];
    const given = await Promise.all(
      Array.from({ length: 120 }, async (_, index) => {
        const registry = index % 2 === 0 ? one : other;
        const { id } = await registry.register(`s${index}`, `R${index}`);
        // Both write to the subject, so that versions meet as well.
        const { version } = await registry.register("both", "Both");
        return { id, version, name: `R${index}` };
      }),
    );
    assert.equal(new Set(given.map(({ id }) => id)).size, 120);
    assert.deepEqual([...new Set(given.map(({ version }) => version))], [1]);
    const reader = await open("_schemas_shared");
    for (const { id, name } of given) assert.match(reader.schema(id), new RegExp(`"${name}"`));
    assert.equal(reader.store.skippedRecords, 0);
  });

  it("refuses writes with 50001 and goes on reading when its topic is deleted, and never begins at 1 again", async () => {
    const registry = await open("_schemas_gone");
    const { id } = await registry.register("a");
    await registry.register("b");
    await admin.deleteTopics({ topics: ["_schemas_gone"] });
    // The broker hears of the deletion some milliseconds later.
    await eventuallyPasses(async () => assert.ok(!(await admin.listTopics()).includes("_schemas_gone")));
    await sleep(500);
    for (let attempt = 0; attempt < 2; attempt++)
      await assert.rejects(registry.register("c"), { code: 50001, message: /deleted.*restart the registry/ });
    assert.match(registry.schema(id), /"a"/);
    assert.deepEqual(await registry.register("a"), { id, version: 1 });
    // Made again by somebody else, it is not the same log.
    await admin.createTopics({
      topics: [{ topic: "_schemas_gone", configEntries: [{ name: "cleanup.policy", value: "compact" }] }],
    });
    await assert.rejects(registry.register("c"), { code: 50001, message: /made again/ });
    assert.match(registry.schema(id), /"a"/);
    await registry.store.stop();
    const next = await open("_schemas_gone");
    assert.ok((await next.register("c")).id > 2);
    assert.match(next.lines.join("\n"), /a log was lost: ids go on after \d+/);
    assert.throws(() => next.schema(id), { code: 40403 });
  });

  it("refuses writes to a log whose first records were deleted", async () => {
    const setPolicy = async (value: string) => {
      const configEntries = [{ name: "cleanup.policy", value }];
      const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: "_schemas_cut", configEntries };
      await admin.alterConfigs({ validateOnly: false, resources: [resource] });
      await sleep(500);
    };
    const registry = await open("_schemas_cut");
    const { id } = await registry.register("a");
    await registry.register("b");
    // Only then does the broker delete records on request.
    await setPolicy("compact,delete");
    await admin.deleteTopicRecords({ topic: "_schemas_cut", partitions: [{ partition: 0, offset: "3" }] });
    await setPolicy("compact");
    // Only what was read shows that something is missing: a write that meets nothing new may pass.
    const other = await open("_schemas_cut");
    await assert.rejects(registry.register("c"), { code: 50001, message: /made again|emptied|cut/ });
    assert.match(registry.schema(id), /"a"/);
    assert.match(other.lines.join("\n"), /begins at offset 3/);
    assert.ok((await other.register("c")).id > 2);
  });
});
