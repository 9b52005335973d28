import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createRegistryClient, type RegistryClient, UnreadableRecord } from "@plinth/kit/avro.ts";

/** What is not from the registry itself, but from a proxy before it or from one that is not up yet, must turn no event into a dead letter. */
describe("schema registry's answers", () => {
  let server: Server;
  let registry: RegistryClient;
  let answer: { status: number; body: unknown };
  before(async () => {
    server = createServer((_request, response) => response.writeHead(answer.status).end(JSON.stringify(answer.body)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    registry = createRegistryClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  after(() => server.close());

  it("SDG-6 say for good of one id alone that there is no such schema", async () => {
    answer = { status: 404, body: { error_code: 40403, message: "Schema 7 not found" } };
    await assert.rejects(registry.schemaOf(7), UnreadableRecord);
  });

  for (const [status, body] of [
    [404, { message: "no such route" }],
    [404, null],
    [200, {}],
    [200, null],
    [429, { error_code: 42901, message: "slow down" }],
    [500, { error_code: 50001, message: "not the leader yet" }],
  ] as const)
    it(`are asked for again when they are ${status} ${JSON.stringify(body)}`, async () => {
      answer = { status, body };
      const again = (error: unknown) => error instanceof Error && !(error instanceof UnreadableRecord);
      await assert.rejects(registry.schemaOf(7), again);
      await assert.rejects(registry.idOf("notes-value", '"string"'), again);
    });
});
