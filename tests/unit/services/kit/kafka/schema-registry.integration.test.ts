import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createEventCodec } from "@plinth/kit/kafka/avro.ts";
import { UnreadableRecord } from "@plinth/kit/kafka/record.ts";
import { createSchemaRegistryClient, type SchemaRegistryClient } from "@plinth/kit/kafka/schema-registry.ts";
import { RegistryClient as Registering } from "@plinth/providers/clients/registry/client.ts";
import { waitUntil } from "../../../../support/eventually.ts";
import { registry as realRegistry } from "../../../../support/servers/servers.ts";

/** Answers of a proxy, or of a registry that is starting, must not make an event a dead letter. */
describe("the schema registry's answers", () => {
  let server: Server;
  let registry: SchemaRegistryClient;
  let answer: { status: number; body: unknown };
  before(async () => {
    server = createServer((_request, response) => response.writeHead(answer.status).end(JSON.stringify(answer.body)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    registry = createSchemaRegistryClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  after(() => server.close());

  it("make a record unreadable only when the registry does not know its id (SDG-6)", async () => {
    answer = { status: 404, body: { error_code: 40403, message: "Schema 7 not found" } };
    await assert.rejects(registry.getSchema(7), UnreadableRecord);
  });

  it("make a record unreadable when its schema and what that refers to is not Avro", async () => {
    const references = [{ name: "other.proto", subject: "other", version: 1 }];
    answer = { status: 200, body: { schemaType: "PROTOBUF", schema: 'syntax = "proto3";', references } };
    await assert.rejects(registry.getSchema(7), (error) => error instanceof UnreadableRecord);
  });

  for (const [status, body] of [
    [404, { message: "no such route" }],
    [404, null],
    [200, {}],
    [200, null],
    [429, { error_code: 42901, message: "slow down" }],
    [500, { error_code: 50001, message: "not the leader yet" }],
  ] as const)
    it(`lead to another attempt when they are ${status} ${JSON.stringify(body)}`, async () => {
      answer = { status, body };
      const again = (error: unknown) => error instanceof Error && !(error instanceof UnreadableRecord);
      await assert.rejects(registry.getSchema(7), again);
      await assert.rejects(registry.findSchemaId("notes-value", '"string"'), again);
    });
});

/** As on a replica that is behind: another one has the schema already. */
describe("a schema that is registered late", () => {
  it("is waited for, so that its events do not become dead letters (SDG-6)", async () => {
    const { url } = await realRegistry();
    const registering = new Registering(url, 10_000);
    const subject = `late-${randomUUID()}-value`;
    const schema = (field: string) =>
      JSON.stringify({ type: "record", name: "Late", fields: [{ name: field, type: "string" }] });
    const topic = "late";
    const looked: number[] = [];
    const client = createSchemaRegistryClient(url);
    const counting: SchemaRegistryClient = {
      ...client,
      getSchema(id) {
        looked.push(id);
        return client.getSchema(id);
      },
    };
    const codec = createEventCodec<{ [topic]: { later: string } }>(counting, { [topic]: schema("later") });
    try {
      // A unique schema gets a new id; the next schema gets the next one.
      const { id } = await registering.register(subject, { schema: schema(`f${randomUUID().replaceAll("-", "")}`) });
      const frame = Buffer.from([0, 0, 0, 0, 0, 2, 0x78]);
      frame.writeUInt32BE(id + 1, 1);
      const event = codec.decode(topic, frame);
      await waitUntil("it was looked up in vain", () => looked.length > 1);
      const next = await registering.register(`late-${randomUUID()}-value`, { schema: schema("later") });
      assert.equal(next.id, id + 1);
      assert.deepEqual({ ...(await event) }, { later: "x" });
    } finally {
      registering.close();
    }
  });
});
