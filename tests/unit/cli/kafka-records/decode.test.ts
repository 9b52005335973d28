import assert from "node:assert/strict";
import avsc from "avsc";
import { createDecoder } from "../../../../cli/kafka-records/decode.ts";

describe("the decoder of make kafka-consume (PIN-12)", () => {
  it("decodes with the schema of the writer and requests each once", async () => {
    const schema: avsc.Schema = {
      type: "record",
      name: "R",
      fields: [
        { name: "note", type: ["null", "string"] },
        { name: "cents", type: "long" },
      ],
    };
    const requested: number[] = [];
    const getSchema = (id: number) => {
      requested.push(id);
      return id === 7
        ? Promise.resolve(JSON.stringify(schema))
        : Promise.reject(new Error(`the registry has no schema with id ${id}`));
    };
    const decode = createDecoder({ getSchema });
    const framed = (id: number, body: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, 0, id]), body]);
    const value = { note: "שלום 🎲", cents: 9_007_199_254_740_990 };
    const good = framed(7, avsc.Type.forSchema(schema).toBuffer(value));
    assert.deepEqual({ ...((await decode(good)) as object) }, value);
    assert.deepEqual({ ...((await decode(good)) as object) }, value);
    assert.equal(await decode(null), null);
    await assert.rejects(decode(framed(8, Buffer.from("x"))), /no schema with id 8/);
    await assert.rejects(decode(Buffer.from("plain text")), /not framed Avro/);
    await assert.rejects(decode(framed(7, Buffer.from([9]))), /does not fit its schema/);
    assert.deepEqual(requested, [7, 8]);
  });
});
