import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import kafkajs from "kafkajs";
import {
  freshSubject,
  type RegistryResponse,
  recordSchema,
  registerSchema,
  requestRegistry,
} from "../../../support/servers/registry-api.ts";
import { kafka, registry } from "../../../support/servers/servers.ts";

/** Everything that a client can read, to compare before and after. */
async function everything(): Promise<unknown> {
  const { body: subjects } = await requestRegistry("GET", "/subjects?deleted=true");
  return {
    schemas: (await requestRegistry("GET", "/schemas?deleted=true")).body,
    config: (await requestRegistry("GET", "/config")).body,
    subjects: await Promise.all(
      subjects.map(async (subject: string) => [
        subject,
        (await requestRegistry("GET", `/config/${encodeURIComponent(subject)}`)).body,
        (await requestRegistry("GET", `/mode/${encodeURIComponent(subject)}`)).body,
      ]),
    ),
  };
}

describe("schema registry: concurrency and durability", function () {
  this.timeout(120_000);

  it("gives one id and one version to a schema that many clients register at the same time", async () => {
    const subject = freshSubject();
    const schema = recordSchema(freshSubject("Same").replaceAll("-", "_"), { id: "string" });
    const ids = await Promise.all(
      Array.from({ length: 48 }, (_, index) =>
        registerSchema(index % 3 === 0 ? subject : `${subject}${index}`, schema),
      ),
    );
    assert.equal(new Set(ids).size, 1);
    assert.deepEqual((await requestRegistry("GET", `/subjects/${subject}/versions`)).body, [1]);
  });

  it("gives different schemas different ids and versions under one subject, in any order", async () => {
    const subject = freshSubject();
    await requestRegistry("PUT", `/config/${subject}`, { compatibility: "NONE" });
    const ids = await Promise.all(
      Array.from({ length: 40 }, (_, index) => registerSchema(subject, recordSchema(`Many${index}`, { id: "string" }))),
    );
    assert.equal(new Set(ids).size, 40);
    assert.deepEqual(
      (await requestRegistry("GET", `/subjects/${subject}/versions`)).body,
      Array.from({ length: 40 }, (_, index) => index + 1),
    );
  });

  it("loses nothing in a restart, orderly or by kill -9 (INF-7)", async () => {
    const [kept, removed] = [freshSubject("kept"), freshSubject("removed")];
    await registerSchema(kept, recordSchema("Kept", { id: "string" }));
    await requestRegistry("PUT", `/config/${kept}`, { compatibility: "FULL_TRANSITIVE" });
    await registerSchema(removed, recordSchema("Removed", { id: "string" }));
    await requestRegistry("PUT", `/mode/${kept}`, { mode: "READONLY" });
    await requestRegistry("DELETE", `/subjects/${removed}`);
    const server = await registry();
    const before = await everything();
    await server.stop();
    await server.start();
    assert.deepEqual(await everything(), before);
    await server.kill();
    await server.start();
    assert.deepEqual(await everything(), before);
  });

  it("does not reuse an id after the permanent deletion of the newest version and a restart", async () => {
    const subject = freshSubject();
    const id = await registerSchema(subject, recordSchema(freshSubject("Newest").replaceAll("-", "_"), {}));
    await requestRegistry("DELETE", `/subjects/${subject}`);
    await requestRegistry("DELETE", `/subjects/${subject}?permanent=true`);
    const server = await registry();
    await server.stop();
    await server.start();
    assert.ok((await registerSchema(subject, recordSchema(freshSubject("Newer").replaceAll("-", "_"), {}))) > id);
  });

  it("answers requests that it accepted before a SIGTERM, and keeps them", async () => {
    const server = await registry();
    const subjects = Array.from({ length: 64 }, () => freshSubject("drained"));
    const calls = subjects.map((subject, index) =>
      requestRegistry("POST", `/subjects/${subject}/versions`, recordSchema(`Drained${index}`, {})),
    );
    const answers = Promise.allSettled(calls);
    await Promise.any(calls);
    await server.stop();
    const settled = await answers;
    await server.start();
    for (const [index, answer] of settled.entries()) {
      if (answer.status !== "fulfilled") continue;
      assert.equal(answer.value.status, 200, JSON.stringify(answer.value.body));
      assert.equal(
        (await requestRegistry("GET", `/subjects/${subjects[index]}/versions/1`)).body.id,
        answer.value.body.id,
      );
    }
  });

  it("survives kill -9 of the broker under load: nothing is partial, lost or done twice", async () => {
    const broker = await kafka();
    const answers = new Map<string, RegistryResponse>();
    let stopping = false;
    const client = async () => {
      while (!stopping) {
        const subject = freshSubject("load");
        answers.set(
          subject,
          await requestRegistry(
            "POST",
            `/subjects/${subject}/versions`,
            recordSchema(subject.replaceAll("-", "_"), { id: "string" }),
          ),
        );
      }
    };
    const clients = Array.from({ length: 16 }, client);
    const reached = async (count: number) => {
      for (const deadline = Date.now() + 30_000; answers.size < count; await sleep(10))
        assert.ok(Date.now() < deadline, "the clients stand still");
    };
    await reached(100);
    await broker.kill();
    await sleep(300);
    // Reading needs no broker.
    assert.equal((await requestRegistry("GET", "/subjects")).status, 200);
    await broker.start();
    await reached(answers.size + 100);
    stopping = true;
    await Promise.all(clients);

    for (const { status } of answers.values())
      assert.ok(status === 200 || status >= 500, `unexpected status ${status}`);
    const check = async () => {
      const byId = new Map<number, string>();
      for (const [subject, { status, body }] of answers) {
        if (status !== 200) continue;
        assert.equal(byId.get(body.id), undefined, `id ${body.id} was given twice`);
        byId.set(body.id, subject);
        const stored = await requestRegistry("GET", `/subjects/${subject}/versions`);
        assert.deepEqual(stored.body, [1]);
        assert.equal((await requestRegistry("GET", `/subjects/${subject}/versions/1`)).body.id, body.id);
      }
      return everything();
    };
    const before = await check();
    const server = await registry();
    await server.kill();
    await server.start();
    assert.deepEqual(await check(), before);
  });

  it("waits for a broker that starts later", async () => {
    const [broker, server] = [await kafka(), await registry()];
    const before = await everything();
    await Promise.all([broker.kill(), server.kill()]);
    const [up] = await Promise.all([server.start().then(() => true), broker.start()]);
    assert.ok(up);
    assert.deepEqual(await everything(), before);
  });
});

describe("schema registry: a log of other registries", function () {
  this.timeout(60_000);

  it("reads the records of Confluent's registry and Karapace, and continues them", async () => {
    const [broker, server] = [await kafka(), await registry()];
    const { body: there } = await requestRegistry("GET", "/schemas?deleted=true");
    const id = Math.max(0, ...there.map((value: { id: number }) => value.id)) + 10;
    const [one, two, three] = [freshSubject("confluent"), freshSubject("karapace"), freshSubject("deleted")];
    const schema = `{"type": "record", "name": "Foreign${id}", "fields": []}`;
    const schemaKey = (subject: string, version = 1) => ({ keytype: "SCHEMA", subject, version, magic: 1 });
    const producer = new kafkajs.Kafka({ brokers: [broker.url], logCreator: () => () => {} }).producer();
    await producer.connect();
    await server.stop();
    const send = (records: [unknown, unknown][]) =>
      producer.send({
        topic: "_schemas",
        messages: records.map(([key, value]) => ({
          key: JSON.stringify(key),
          value: value === null ? null : JSON.stringify(value),
        })),
      });
    await send([
      [schemaKey(one), { subject: one, version: 1, id, md5: "x", schema, deleted: false, guid: "g", ts: 1 }],
      [
        schemaKey(two),
        { subject: two, version: 1, id: id + 1, schema: '"string"', schemaType: "AVRO", deleted: false },
      ],
      [schemaKey(three), { subject: three, version: 1, id: id + 2, schema: '"bytes"', deleted: false }],
      [
        { keytype: "DELETE_SUBJECT", subject: three, magic: 0 },
        { subject: three, version: 1 },
      ],
      [
        { keytype: "CONFIG", subject: one, magic: 0 },
        { subject: one, compatibilityLevel: "FULL" },
      ],
      [{ keytype: "CONTEXT", tenant: "default", context: ".x", magic: 0 }, { tenant: "default" }],
      [{ keytype: "NOOP", magic: 0 }, null],
    ]);
    await producer.send({ topic: "_schemas", messages: [{ key: "not json", value: "x" }] });
    await server.start();
    const ours = await registerSchema(freshSubject(), recordSchema(`Ours${id}`, {}));
    assert.ok(ours > id + 2);
    const check = async () => {
      assert.equal((await requestRegistry("GET", `/subjects/${one}/versions/1`)).body.id, id);
      assert.equal((await requestRegistry("GET", `/schemas/ids/${id + 1}`)).body.schema, '"string"');
      assert.deepEqual((await requestRegistry("GET", `/subjects/${three}/versions?deletedOnly=true`)).body, [1]);
      assert.deepEqual((await requestRegistry("GET", `/config/${one}`)).body, { compatibilityLevel: "FULL" });
    };
    await check();
    // Its text is not canonical, yet the registry recognises the schema.
    assert.equal(await registerSchema(one, { schema }), id);
    await server.stop();
    await server.start();
    await check();
    await producer.disconnect();
  });
});
