import { strict as assert } from "node:assert";
import { COMPATIBILITY, SchemaRegistry, SchemaType } from "@kafkajs/confluent-schema-registry";
import { freshSubject, requestRegistry } from "../../../support/servers/registry-api.ts";
import { registry } from "../../../support/servers/servers.ts";

const bet = (...fields: object[]) =>
  JSON.stringify({
    type: "record",
    name: "Bet",
    namespace: "client",
    fields: [{ name: "id", type: "string" }, ...fields],
  });

describe("schema registry: the public client library", () => {
  let client: SchemaRegistry;
  before(async () => {
    client = new SchemaRegistry({ host: (await registry()).url });
  });

  it("registers, encodes and decodes, and sets the subject's compatibility (INF-7)", async () => {
    const subject = freshSubject("client");
    const schema = bet({ name: "amount_cents", type: "long" });
    const { id } = await client.register(
      { type: SchemaType.AVRO, schema },
      { subject, compatibility: COMPATIBILITY.BACKWARD_TRANSITIVE },
    );
    assert.deepEqual((await requestRegistry("GET", `/config/${subject}`)).body, {
      compatibilityLevel: "BACKWARD_TRANSITIVE",
    });
    const message = { id: "b-1", amount_cents: 250 };
    const framed = await client.encode(id, message);
    assert.deepEqual([framed[0], framed.readInt32BE(1)], [0, id]);
    const reader = new SchemaRegistry({ host: (await registry()).url });
    assert.deepEqual({ ...(await reader.decode(framed)) }, message);
    assert.equal(await client.getLatestSchemaId(subject), id);
    assert.equal(await client.getRegistryId(subject, 1), id);
    assert.equal(await client.getRegistryIdBySchema(subject, { type: SchemaType.AVRO, schema }), id);
  });

  it("gets the reason why a schema is refused", async () => {
    const subject = freshSubject("client");
    const options = { subject, compatibility: COMPATIBILITY.BACKWARD };
    await client.register({ type: SchemaType.AVRO, schema: bet() }, options);
    await assert.rejects(
      client.register({ type: SchemaType.AVRO, schema: bet({ name: "cents", type: "long" }) }, options),
      /incompatible.*Bet\.cents/,
    );
    await assert.rejects(client.getLatestSchemaId(freshSubject("none")), /not found/);
  });

  it("registers with references", async () => {
    const [money, subject] = [freshSubject("money"), freshSubject("client")];
    const options = { compatibility: COMPATIBILITY.BACKWARD };
    const schema = JSON.stringify({
      type: "record",
      name: "Money",
      namespace: "client",
      fields: [{ name: "cents", type: "long" }],
    });
    await client.register({ type: SchemaType.AVRO, schema }, { ...options, subject: money });
    const references = [{ name: "client.Money", subject: money, version: 1 }];
    const { id } = await client.register(
      { type: SchemaType.AVRO, schema: bet({ name: "money", type: "client.Money" }), references },
      { ...options, subject },
    );
    const framed = await client.encode(id, { id: "b-2", money: { cents: 7 } });
    assert.equal((await client.decode(framed)).money.cents, 7);
  });
});
