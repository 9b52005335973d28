import assert from "node:assert/strict";
import { once } from "node:events";
import net, { type Server } from "node:net";
import avsc from "avsc";
import pg from "pg";
import { createDecoder } from "../../../../cli/kafka-records/decode.ts";
import { parseConsumeOptions } from "../../../../cli/kafka-records/options.ts";
import { forwardLocally } from "../../../../cli/servers/access.ts";
import { parseDatabaseView, psqlEnvironment } from "../../../../cli/servers/psql.ts";
import { postgres, stopServers } from "../../../support/servers/servers.ts";

describe("make psql: what psql is given", function () {
  this.timeout(30_000);
  after(stopServers);

  it("has the password in the environment, and odd characters as they are", () => {
    const { PGPASSWORD, PGUSER, PGHOST, PGPORT, PGDATABASE, PGOPTIONS } = psqlEnvironment(
      "postgresql://app:p%40s%2Fs@h:5433/app",
      parseDatabaseView({}, []),
    );
    assert.deepEqual(
      [PGPASSWORD, PGUSER, PGHOST, PGPORT, PGDATABASE, PGOPTIONS],
      ["p@s/s", "app", "h", "5433", "app", ""],
    );
  });

  it("shows a tenant's rows and no other's, in the tables of a service by their bare names (PLT-7)", async () => {
    const { url } = await postgres();
    const owner = new pg.Client(url);
    await owner.connect();
    await owner.query(`create schema "the-wallet"; create table "the-wallet".accounts (tenant_id bigint, name text);
      insert into "the-wallet".accounts values (10001, 'own'), (10002, 'foreign');
      alter table "the-wallet".accounts enable row level security; alter table "the-wallet".accounts force row level security;
      create policy tenant on "the-wallet".accounts using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)`);
    await owner.end();
    const names = async (view: Record<string, string>) => {
      const { PGOPTIONS } = psqlEnvironment(url, parseDatabaseView({ SERVICE: "the-wallet", ...view }, ["the-wallet"]));
      const client = new pg.Client({ connectionString: url, options: PGOPTIONS! });
      await client.connect();
      const { rows } = await client.query<{ name: string }>("select name from accounts");
      await client.end();
      return rows.map(({ name }) => name);
    };
    assert.deepEqual(
      [await names({ TENANT: "10001" }), await names({ TENANT: "10002" }), await names({})],
      [["own"], ["foreign"], []],
    );
  });

  it("refuses an invalid tenant and a service without tables", () => {
    assert.throws(
      () => parseDatabaseView({ TENANT: "1; drop" }, []),
      /^TENANT=1; drop is not a tenant: write its number/,
    );
    assert.throws(
      () => parseDatabaseView({ SERVICE: "kit" }, ["wallet"]),
      /^SERVICE=kit has no tables; those with tables are wallet$/,
    );
  });
});

describe("make kafka-consume: options and decoding", () => {
  it("begins ten records before the end of each partition unless told otherwise", () => {
    const from = (FROM: string) => parseConsumeOptions({ TOPIC: "V1_BETS", FROM }).from;
    assert.deepEqual([from(""), from("-3"), from("latest"), from("beginning")], [10, 3, "latest", "beginning"]);
  });

  for (const [variables, sentence] of [
    [{}, /^Error: Which topic\? Type: make kafka-consume TOPIC=V1_BETS/],
    [{ TOPIC: "x", FROM: "3" }, /^Error: FROM=3 is no place in a topic/],
    [{ TOPIC: "x", COUNT: "0" }, /^Error: COUNT=0 is no number of records/],
    [{ TOPIC: "x", TENANT: "-1" }, /^Error: TENANT=-1 is no tenant/],
  ] as const)
    it(`refuses ${JSON.stringify(variables)} in one sentence`, () =>
      assert.throws(() => parseConsumeOptions(variables), sentence));

  it("decodes by the schema that wrote the record, and asks for each once", async () => {
    const schema: avsc.Schema = {
      type: "record",
      name: "R",
      fields: [
        { name: "note", type: ["null", "string"] },
        { name: "cents", type: "long" },
      ],
    };
    const asked: number[] = [];
    const schemaOf = (id: number) => {
      asked.push(id);
      return id === 7
        ? Promise.resolve(JSON.stringify(schema))
        : Promise.reject(new Error(`the registry has no schema with id ${id}`));
    };
    const decode = createDecoder({ getSchema: schemaOf });
    const framed = (id: number, body: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, 0, id]), body]);
    const value = { note: "שלום 🎲", cents: 9_007_199_254_740_990 };
    const good = framed(7, avsc.Type.forSchema(schema).toBuffer(value));
    assert.deepEqual({ ...((await decode(good)) as object) }, value);
    assert.deepEqual({ ...((await decode(good)) as object) }, value);
    assert.equal(await decode(null), null);
    await assert.rejects(decode(framed(8, Buffer.from("x"))), /no schema with id 8/);
    await assert.rejects(decode(Buffer.from("plain text")), /not framed Avro/);
    await assert.rejects(decode(framed(7, Buffer.from([9]))), /does not fit its schema/);
    assert.deepEqual(asked, [7, 8]);
  });
});

describe("a port of this machine that leads into a cluster", () => {
  it("passes connections on to the Service that the URL names, and leaves other URLs alone", async () => {
    const echo = net.createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
    await once(echo, "listening");
    const dialled: string[] = [];
    const tunnel = {
      connect(host: string, port: number) {
        dialled.push(`${host}:${port}`);
        return net.connect((echo.address() as net.AddressInfo).port, "127.0.0.1");
      },
    };
    const servers: Server[] = [];
    try {
      assert.equal(await forwardLocally("redis://localhost:6379", tunnel, servers), "redis://localhost:6379");
      const near = new URL(
        await forwardLocally("postgresql://app:p%40s@citus.dev-infra.svc:5432/app", tunnel, servers),
      );
      assert.deepEqual(
        [near.hostname, near.password, near.pathname, servers.length],
        ["127.0.0.1", "p%40s", "/app", 1],
      );
      const socket = net.connect(Number(near.port), "127.0.0.1");
      socket.write("there and back");
      const [answer] = (await once(socket, "data")) as [Buffer];
      socket.destroy();
      assert.deepEqual([String(answer), dialled], ["there and back", ["citus.dev-infra.svc:5432"]]);
    } finally {
      for (const server of [...servers, echo]) server.close();
    }
  });
});
