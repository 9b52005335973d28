import assert from "node:assert/strict";
import type { CitusNodesInputs } from "@plinth/providers/citus-nodes.ts";
import { createCitusNodesHandler } from "@plinth/providers/handlers/citus-nodes.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { postgresInitSteps, postgresProcess } from "../../../../components/citus/process.ts";
import { query } from "../../../support/servers/databases.ts";
import { once, pathInFolder, startServer } from "../../../support/servers/servers.ts";

const handler = createCitusNodesHandler({ deadlineMs: 10_000 });

/** A PostgreSQL without Citus whose superuser has a password, as on the nodes of a cluster. */
const server = once(async () => {
  const port = await findFreePort();
  const directory = pathInFolder("plain");
  const init = postgresInitSteps({ port, user: "first", password: "first", database: "first" }, directory);
  const [setUp, bootstrap] = init;
  const superuser = { ...bootstrap!, stdin: `${bootstrap!.stdin}alter role postgres password 'super';\n\n` };
  return startServer(
    "plain",
    { ...postgresProcess({ port }, directory), init: [setUp!, superuser] },
    port,
    `postgresql://postgres:super@127.0.0.1:${port}/postgres`,
  );
});

describe("CitusNodes on a real PostgreSQL without Citus", () => {
  let inputs: CitusNodesInputs;
  let count = 0;
  beforeEach(async () => {
    const { url, port } = await server();
    const name = `plain_${++count}`;
    const shared = { coordinator: "127.0.0.1", workers: ["localhost"], drift: "", providerVersion: 1 };
    inputs = { ...shared, adminUrl: url, port, user: name, password: "p@ss'w\\ord", database: name };
  });
  const appUrl = ({ port, user, password, database }: CitusNodesInputs) =>
    `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  const admin = <Row extends Record<string, unknown>>(sql: string) => query<Row>(inputs.adminUrl, sql);

  it("creates the role and its database, distributes nothing, and writes nothing the second time (INF-2)", async () => {
    const { id, outs } = await handler.create(inputs);
    assert.deepEqual(
      [id, outs],
      [`citus/${inputs.database}`, { ...inputs, distributed: false, version: "", nodes: [] }],
    );
    await query(appUrl(inputs), "create table mine (id int)");
    const written = () =>
      admin(
        `select rolpassword, pg_authid.xmin::text as role, pg_database.xmin::text as database from pg_authid join pg_database on datname = rolname where rolname = '${inputs.user}'`,
      );
    const before = await written();
    await handler.update(id, outs, inputs);
    assert.deepEqual(await written(), before);
    const read = await handler.read(id, outs);
    assert.deepEqual(
      [read.props, await handler.diff(id, outs, read.inputs!)],
      [outs, { changes: false, replaces: [] }],
    );
  });

  it("removes rights that bypass row-level security from the role, and restores its database", async () => {
    const { outs } = await handler.create(inputs);
    await admin(`alter role ${inputs.user} superuser bypassrls`);
    await admin(`alter database ${inputs.database} owner to postgres`);
    await handler.update("x", outs, inputs);
    assert.deepEqual(
      await admin(
        `select rolsuper, rolbypassrls, pg_get_userbyid(datdba) = rolname as owns from pg_roles join pg_database on datname = rolname where rolname = '${inputs.user}'`,
      ),
      [{ rolsuper: false, rolbypassrls: false, owns: true }],
    );
  });

  it("changes both passwords, the superuser's by connecting with the old one, and sends neither in clear (SHOP-7)", async () => {
    const { outs } = await handler.create(inputs);
    await admin("alter system set log_statement = 'all'");
    await admin("select pg_reload_conf()");
    const rotated = { ...inputs, password: "n3w-pass", adminUrl: inputs.adminUrl.replace(":super@", ":n3w-super@") };
    try {
      const after = await handler.update("x", outs, rotated);
      assert.equal(after.outs.password, "n3w-pass");
      await query(appUrl(rotated), "select");
      await assert.rejects(query(inputs.adminUrl, "select"), /password authentication failed/);
      await assert.rejects(query(appUrl(inputs), "select"), /password authentication failed/);
    } finally {
      await handler.update("x", { ...outs, adminUrl: rotated.adminUrl }, inputs);
    }
    const log = (await server()).log();
    assert.match(log, /alter role "postgres" password 'SCRAM-SHA-256/);
    assert.doesNotMatch(log, /n3w-/);
  });

  it("names the user and the node of a wrong password, and hides the password", async () => {
    const wrong = inputs.adminUrl.replace(":super@", ":s3cret@");
    await assert.rejects(handler.create({ ...inputs, adminUrl: wrong }), (error: Error) => {
      assert.match(
        error.message,
        /^the database postgresql:\/\/postgres@(127\.0\.0\.1|localhost):\d+\/postgres did not serve the request: password authentication failed/,
      );
      assert.doesNotMatch(`${error.message}${error.stack}`, /s3cret|p@ss/);
      return true;
    });
  });

  for (const [what, changes, expected] of [
    [
      "the superuser as the services' role",
      { user: "postgres" },
      /^user is postgres, the superuser: services need another role/,
    ],
    [
      "a password that clients send differently",
      { password: "pässword" },
      /^password is empty or has characters other than printable ASCII/,
    ],
    ["an empty password", { password: "" }, /^password is empty/],
    ["no workers", { workers: [] }, /^workers is empty/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { failures } = await handler.check({}, { ...inputs, ...changes } as CitusNodesInputs);
      assert.deepEqual(
        failures.map(({ property }) => property),
        [""],
      );
      assert.match(failures[0]!.reason, expected);
      assert.doesNotMatch(failures[0]!.reason, /pässword|super:|p@ss/);
    });
  }

  it("skips unknown values of a preview, and looks at no cluster that does not exist", async () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    assert.deepEqual((await handler.check({}, { ...inputs, adminUrl: unknown, password: unknown })).failures, []);
  });

  it("is replaced for another database", async () => {
    const { outs } = await handler.create(inputs);
    assert.deepEqual(await handler.diff("x", outs, { ...inputs, database: "other" }), {
      changes: true,
      replaces: ["database"],
    });
    assert.deepEqual(await handler.diff("x", outs, { ...inputs, password: "other" }), { changes: true, replaces: [] });
  });
});
