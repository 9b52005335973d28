import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { Stack } from "../../support/stack/stack.ts";

/** Unique, so that a search finds no other text. */
const PASSWORD = "pw-3f9c1d77e2-Zx";

describe("a configured database password", function () {
  this.timeout(180_000);
  let stack: Stack;
  let printed: string;

  before(async () => {
    stack = await Stack.create({ observability: true });
    const set = await stack.shell(`pulumi config set --secret databasePassword '${PASSWORD}'`);
    assert.equal(set.code, 0, set.output);
    printed = (await stack.expectSuccess("up")).output;
    printed += (await stack.expectSuccess("preview")).output;
  });
  after(() => stack.destroy());

  const filesIn = (folder: string) =>
    readdirSync(join(stack.root, folder), { recursive: true, encoding: "utf8" })
      .map((name) => join(stack.root, folder, name))
      .filter((file) => statSync(file).isFile());
  const holders = (folder: string) => filesIn(folder).filter((file) => readFileSync(file).includes(PASSWORD));

  it("is refused in plain text, with the command that sets it", async () => {
    const other = await Stack.create({ config: { databasePassword: PASSWORD } });
    try {
      assert.match(
        await other.expectFailure("up"),
        /'databasePassword' is in plain text: set it again with 'pulumi config set --secret databasePassword …'/,
      );
    } finally {
      await other.destroy();
    }
  });

  it("is required by the database", async () => {
    const connect = async (password: string) => {
      const client = new pg.Client({
        host: "localhost",
        port: stack.ports.postgres,
        user: "app",
        database: "app",
        password,
      });
      try {
        await client.connect();
        return "connected";
      } catch (error) {
        return (error as Error).message;
      } finally {
        await client.end();
      }
    };
    assert.equal(await connect(PASSWORD), "connected");
    assert.match(await connect("app"), /password authentication failed/);
  });

  it("is not in the engine's state, history and copies", () => assert.deepEqual(holders(".plinth/state"), []));

  it("is in no log", () => assert.deepEqual(holders(".plinth/local/logs"), []));

  it("is not printed by up or preview", () => assert.equal(printed.includes(PASSWORD), false));

  it("is hidden in the table of endpoints", () => assert.match(printed, /postgresql:\/\/app:…@localhost/));

  it("is on disk only in the supervisor's files, readable for their owner", () => {
    const found = holders(".plinth/local/supervisor");
    assert.ok(found.length > 0);
    for (const file of found) assert.equal(statSync(file).mode & 0o077, 0, `${file} is readable for others`);
  });

  it("is written to .env by make env, readable for its owner", async () => {
    await stack.expectSuccess("env");
    const file = join(stack.root, ".env");
    assert.match(
      readFileSync(file, "utf8"),
      new RegExp(`^DATABASE_URL=postgresql://app:${PASSWORD}@localhost:${stack.ports.postgres}/app$`, "m"),
    );
    assert.equal(statSync(file).mode & 0o077, 0);
  });
});
