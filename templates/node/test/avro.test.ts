import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { SystemEventCodec } from "../src/avro.ts";

const ID = 7;
const event = {
  id: "0b5f6f6e-6d8e-4a77-9f0e-3d4f1c1d2a10",
  tenant_id: 2 ** 53 - 1,
  aggregate_id: "a",
  event_type: "DISK_FULL",
  event_data: { text: "full" },
  timestamp: 0,
  version: 1,
};
/** What the registry has under every id: the service's own schema, in another namespace. */
let schema = "";
const registry = createServer((request, response) => {
  request.on("data", (body: Buffer) => {
    const own = (JSON.parse(String(body)) as { schema: string }).schema;
    schema = own.replace("plinth.events.v1", "plinth.events.v2");
  });
  request.on("end", () => response.end(JSON.stringify(request.method === "POST" ? { id: ID } : { schema })));
});
before(() => new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve)));
after(() => registry.close());

test("an event is read whose writer has the type in another namespace, up to 2^53 - 1", async () => {
  const { port } = registry.address() as AddressInfo;
  const codec = new SystemEventCodec(`http://127.0.0.1:${port}`, "V1_SYSTEM");
  const frame = await codec.encode(event);
  assert.equal(frame.readUInt32BE(1), ID);
  assert.deepEqual({ ...(await codec.decode(frame)) }, event);
});
