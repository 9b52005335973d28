import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { AvroSchemasInputs } from "@plinth/providers/avro-schemas.ts";
import type { Subject } from "@plinth/providers/clients/registry/client.ts";
import { RegistryClient } from "@plinth/providers/clients/registry/client.ts";
import { createAvroSchemasHandler } from "@plinth/providers/handlers/avro-schemas.ts";
import { type CuttingProxy, startCuttingProxy } from "../../../support/servers/cutting-proxy.ts";
import { registry } from "../../../support/servers/servers.ts";

let writes = 0;
const handler = createAvroSchemasHandler({
  deadlineMs: 30_000,
  watch: (client) => {
    writes = client.writes;
  },
});
const impatient = createAvroSchemasHandler({ deadlineMs: 600 });

/** The schema of a record with an id, an amount and more fields. */
const record = (name: string, ...fields: object[]) =>
  JSON.stringify({
    type: "record",
    name,
    fields: [{ name: "id", type: "string" }, { name: "amount_cents", type: "long" }, ...fields],
  });
const note = { name: "note", type: "string", default: "" };
const required = { name: "must", type: "string" };

describe("AvroSchemas on a real registry", function () {
  this.timeout(90_000);
  let registryUrl: string;
  let client: RegistryClient;
  let prefix = "";
  let count = 0;
  const name = (subject: string) => `${prefix}${subject}-value`;
  const inputs = (subjects: Record<string, Subject>, changes: Partial<AvroSchemasInputs> = {}): AvroSchemasInputs => ({
    registryUrl,
    compatibility: "BACKWARD_TRANSITIVE",
    subjects: Object.fromEntries(Object.entries(subjects).map(([subject, value]) => [name(subject), value])),
    onDelete: "retain",
    providerVersion: 1,
    ...changes,
  });
  const registered = async () =>
    (await client.listSubjects())
      .filter((subject) => subject.startsWith(prefix))
      .map((subject) => subject.slice(prefix.length));

  before(async () => {
    registryUrl = (await registry()).url;
  });
  beforeEach(() => {
    prefix = `S${++count}_`;
    client = new RegistryClient(registryUrl, 30_000);
  });
  afterEach(() => client.close());

  it("registers a set with a level for each subject, and returns ids and versions (INF-7)", async () => {
    const { outs } = await handler.create(
      inputs({ A: { schema: record("A") }, B: { schema: record("B"), compatibility: "FULL" } }),
    );
    for (const subject of ["A", "B"]) {
      const { id, version } = (await client.findLatest(name(subject)))!;
      assert.deepEqual(outs.registered[name(subject)], { id, version });
      assert.equal(version, 1);
    }
    assert.deepEqual(
      [await client.findCompatibility(name("A")), await client.findCompatibility(name("B"))],
      ["BACKWARD_TRANSITIVE", "FULL"],
    );
  });

  it("writes nothing the second time, and finds no change (INF-7)", async () => {
    const desired = inputs({ A: { schema: record("A") }, B: { schema: record("B") } });
    const { outs } = await handler.create(desired);
    assert.equal(writes, 4);
    assert.deepEqual((await handler.create(desired)).outs, outs);
    assert.equal(writes, 0);
    assert.deepEqual(await handler.diff("schemas", outs, desired), { changes: false });
    assert.deepEqual((await handler.read("schemas", outs)).props, outs);
  });

  it("takes a reformatted file for the same schema", async () => {
    const desired = inputs({ A: { schema: record("A") } });
    const pretty = inputs({ A: { schema: JSON.stringify(JSON.parse(record("A")), null, 2) } });
    assert.deepEqual((await handler.check({}, pretty)).inputs, (await handler.check({}, desired)).inputs);
  });

  it("registers a compatible change as the next version, and leaves the others untouched", async () => {
    const { outs } = await handler.create(inputs({ A: { schema: record("A") }, B: { schema: record("B") } }));
    const next = inputs({ A: { schema: record("A", note) }, B: { schema: record("B") } });
    assert.equal((await handler.diff("schemas", outs, next)).changes, true);
    const { outs: updated } = await handler.update("schemas", outs, next);
    assert.equal(writes, 1);
    assert.equal(updated.registered[name("A")]?.version, 2);
    assert.deepEqual(updated.registered[name("B")], outs.registered[name("B")]);
  });

  it("registers nothing of a set when one schema is refused, and names subject, level and field (PLT-3)", async () => {
    await handler.create(inputs({ A: { schema: record("A") }, B: { schema: record("B") } }));
    const mixed = inputs({
      NEW: { schema: record("NEW") },
      A: { schema: record("A", note) },
      B: { schema: record("B", required) },
    });
    await assert.rejects(handler.create(mixed), (error: Error) => {
      assert.match(
        error.message,
        /^the schema registry refuses the set, and none of it was registered: subject S\d+_B-value is not BACKWARD_TRANSITIVE: .*must/,
      );
      return true;
    });
    assert.equal(writes, 0);
    assert.deepEqual(await registered(), ["A-value", "B-value"]);
  });

  it("registers nothing of a new set when one schema is not Avro", async () => {
    const broken = inputs({ A: { schema: record("A") }, B: { schema: JSON.stringify({ type: "recrod", name: "B" }) } });
    await assert.rejects(handler.create(broken), /subject S\d+_B-value/);
    assert.deepEqual(await registered(), []);
  });

  it("judges a schema under the declared level, not the old one", async () => {
    await handler.create(inputs({ A: { schema: record("A") } }, { compatibility: "NONE" }));
    await assert.rejects(
      handler.create(inputs({ A: { schema: record("A", required) } })),
      /is not BACKWARD_TRANSITIVE/,
    );
    const { outs } = await handler.create(inputs({ A: { schema: record("A", required) } }, { compatibility: "NONE" }));
    assert.equal(outs.registered[name("A")]?.version, 2);
  });

  it("registers a schema after the one it refers to", async () => {
    const money = JSON.stringify({ type: "record", name: "Money", fields: [{ name: "cents", type: "long" }] });
    const wallet = JSON.stringify({ type: "record", name: "Wallet", fields: [{ name: "balance", type: "Money" }] });
    const references = [{ name: "Money", subject: name("MONEY"), version: 1 }];
    const desired = inputs({ WALLET: { schema: wallet, references }, MONEY: { schema: money } });
    const { outs } = await handler.create(desired);
    assert.ok(outs.registered[name("WALLET")]!.id > outs.registered[name("MONEY")]!.id);
    await handler.create(desired);
    assert.equal(writes, 0);
  });

  it("refuses subjects that refer to each other in a circle", async () => {
    const circle = (other: string) => ({
      schema: record("X"),
      references: [{ name: "Y", subject: name(other), version: 1 }],
    });
    await assert.rejects(
      handler.create(inputs({ A: circle("B"), B: circle("A") })),
      /subjects S\d+_A-value, S\d+_B-value refer to each other in a circle/,
    );
  });

  it("shows a missing subject, another level and a newer version as drift, and reverts the first two", async () => {
    const desired = inputs({
      GONE: { schema: record("GONE") },
      LEVEL: { schema: record("LEVEL") },
      NEWER: { schema: record("NEWER") },
      SAME: { schema: record("SAME") },
    });
    const { outs } = await handler.create(desired);
    await client.softDelete(name("GONE"));
    await client.setCompatibility(name("LEVEL"), "NONE");
    await client.register(name("NEWER"), { schema: record("NEWER", note) });
    const read = await handler.read("schemas", outs);
    const real = inputs({
      LEVEL: { schema: record("LEVEL"), compatibility: "NONE" },
      NEWER: { schema: record("NEWER", note) },
      SAME: { schema: record("SAME") },
    });
    assert.deepEqual(read.inputs, real);
    assert.equal((await handler.diff("schemas", read.props, desired)).changes, true);
    await handler.update("schemas", read.props, desired);
    assert.deepEqual(await registered(), ["GONE-value", "LEVEL-value", "NEWER-value", "SAME-value"]);
    assert.equal(await client.findCompatibility(name("LEVEL")), "BACKWARD_TRANSITIVE");
  });

  it("plans to put right what was changed by hand, but not a newer version of elsewhere", async () => {
    const desired = inputs({ GONE: { schema: record("GONE") }, SAME: { schema: record("SAME") } });
    const { outs } = await handler.create(desired);
    const changes = async () => (await handler.diff("schemas", outs, desired)).changes;
    assert.equal(await changes(), false);
    await client.register(name("SAME"), { schema: record("SAME", note) });
    assert.equal(await changes(), false);
    const { props } = await handler.read("schemas", outs);
    assert.equal((await handler.diff("schemas", props, desired)).changes, false);
    await client.setCompatibility(name("SAME"), "NONE");
    assert.equal(await changes(), true);
    await handler.update("schemas", outs, desired);
    assert.equal(await changes(), false);
    await client.softDelete(name("GONE"));
    assert.equal(await changes(), true);
    const updated = await handler.update("schemas", outs, desired);
    assert.equal((await handler.diff("schemas", updated.outs, desired)).changes, false);
  });

  it("retains subjects that leave the set or are destroyed, unless onDelete is soft-delete (PLT-4)", async () => {
    const [a, b, c] = [{ schema: record("A") }, { schema: record("B") }, { schema: record("C") }];
    const { outs } = await handler.create(inputs({ A: a, B: b, C: c }));
    const { outs: kept } = await handler.update("schemas", outs, inputs({ A: a, B: b }));
    await handler.delete("schemas", kept);
    assert.deepEqual(await registered(), ["A-value", "B-value", "C-value"]);
    const { outs: fewer } = await handler.update("schemas", kept, inputs({ A: a }, { onDelete: "soft-delete" }));
    assert.deepEqual(await registered(), ["A-value", "C-value"]);
    await handler.delete("schemas", fewer);
    await handler.delete("schemas", fewer);
    assert.deepEqual(await registered(), ["C-value"]);
    assert.equal((await handler.read("schemas", fewer)).id, "");
  });

  it("may be created by three runs at once", async () => {
    const desired = inputs(
      Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`P${index}`, { schema: record(`P${index}`) }])),
    );
    const all = await Promise.all([1, 2, 3].map(() => handler.create(desired)));
    assert.deepEqual(all[1]!.outs, all[0]!.outs);
    assert.deepEqual(all[2]!.outs, all[0]!.outs);
    assert.ok(Object.values(all[0]!.outs.registered).every(({ version }) => version === 1));
  });

  describe("over a connection that breaks", () => {
    let proxy: CuttingProxy | undefined;
    afterEach(() => proxy?.stop());

    for (const marker of ["GET /subjects", "PUT /config", "-value/versions"]) {
      it(`converges when the answer to '${marker}' is lost (PLT-10)`, async () => {
        proxy = await startCuttingProxy((await registry()).port, marker);
        const { outs } = await handler.create(
          inputs({ A: { schema: record("A") } }, { registryUrl: `http://127.0.0.1:${proxy.port}` }),
        );
        assert.equal(proxy.cuts(), 1);
        assert.equal(outs.registered[name("A")]?.version, 1);
        assert.equal((await client.findLatest(name("A")))?.version, 1);
      });
    }
  });

  it("retries a registry that answers 500 after its start", async () => {
    let refusals = 3;
    const server = createServer((_request, response) => {
      if (refusals-- > 0)
        response.writeHead(500, { "content-type": "application/json" }).end('{"error_code":50001,"message":"not yet"}');
      else response.end("[]");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { outs } = await handler.create(
      inputs({}, { registryUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
    );
    server.close();
    assert.deepEqual([outs.registered, refusals], [{}, -1]);
  });

  it("gives up on a missing registry at the deadline, and hides its password", async () => {
    const started = Date.now();
    await assert.rejects(
      impatient.create(inputs({}, { registryUrl: "http://user:s3cret@127.0.0.1:1" })),
      (error: Error) => {
        assert.match(
          error.message,
          /^the schema registry at http:\/\/user@127.0.0.1:1\/ did not serve GET subjects within 1 s: .*ECONNREFUSED/,
        );
        return !error.message.includes("s3cret");
      },
    );
    assert.ok(Date.now() - started < 3_000);
  });

  for (const [invalid, expected] of [
    [{ registryUrl: "localhost:8081" }, /registryUrl is not an HTTP address, as in http:\/\/localhost:8081/],
    [{ compatibility: "BACKWARDS" }, /compatibility is 'BACKWARDS', but one of NONE, BACKWARD, /],
    [{ subjects: { A: { schema: "{" } } }, /subject A: the schema is not JSON: /],
    [{ subjects: { A: { schema: '"string"', compatibility: "ALL" } } }, /subject A: compatibility is 'ALL'/],
  ] as const) {
    it(`refuses ${JSON.stringify(invalid)}`, async () => {
      const { failures } = await handler.check(
        {},
        { ...inputs({}), ...(invalid as unknown as Partial<AvroSchemasInputs>) },
      );
      assert.equal(failures.length, 1);
      assert.match(failures[0]!.reason, expected);
    });
  }
});
