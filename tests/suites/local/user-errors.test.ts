import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stack } from "../../support/stack/stack.ts";

const BETS = "schemas/V1_BETS.avsc";
const STACK_TRACE = /^\s+at /m;
const INTRUDER = `{ "type": "record", "name": "Intruder", "namespace": "plinth.events.v1", "fields": [{ "name": "id", "type": "string" }] }`;

describe("a user's mistake (PLT-3)", function () {
  this.timeout(180_000);
  let stack: Stack;
  before(async () => {
    stack = await Stack.create();
  });
  after(() => stack.destroy());

  const diagnosticsOf = (output: string) => output.slice(output.indexOf("Diagnostics:"), output.indexOf("Resources:"));

  /** Prints this sentence once, and has started and registered nothing. */
  async function refused(sentence: RegExp): Promise<void> {
    const output = await stack.expectFailure("up");
    assert.match(output, sentence);
    assert.doesNotMatch(output, STACK_TRACE);
    assert.equal(diagnosticsOf(output).match(/error:/g)?.length, 1, `one error:\n${output}`);
    assert.deepEqual(await stack.status(), []);
    assert.ok(!existsSync(stack.directory), "no folder is created");
  }

  it("a state folder that cannot be created is one sentence with its path", async () => {
    const occupied = join(stack.root, ".plinth");
    writeFileSync(occupied, "A file is where the folder should be.");
    try {
      assert.match(
        await stack.expectFailure("up"),
        /^The state folder \S+\/\.plinth\/state cannot be created \(\w+\): [^\n]+\nmake: [^\n]+\n$/,
      );
    } finally {
      rmSync(occupied);
    }
  });

  describe("in the configuration is one sentence, and nothing is started", () => {
    const cases: [mistake: string, config: Record<string, string>, sentence: RegExp][] = [
      [
        "an unknown key",
        { portOfset: "1" },
        /error: Configuration key 'portOfset' is not known \(did you mean 'portOffset'\?\)\. Known keys are: [^\n]*portOffset[^\n]*\n/,
      ],
      [
        "a port offset that is not a number",
        { portOffset: "abc" },
        /error: Configuration 'portOffset' is 'abc', but must be a whole number from 0 to 40000\.\n/,
      ],
      ["tenants that are not ids", { tenants: "10001,acme" }, /error: [^\n]*tenants[^\n]*acme[^\n]*\n/],
      ["a tenant range backwards", { tenants: "20-10" }, /error: [^\n]*tenants[^\n]*20-10[^\n]*\n/],
      [
        "an unknown runtime",
        { runtime: "docker" },
        /error: Configuration 'runtime' is 'docker', but must be 'process' or 'kubernetes'\.\n/,
      ],
    ];
    for (const [mistake, config, sentence] of cases) {
      it(mistake, async () => {
        stack.configure(config);
        await refused(sentence);
      });
    }
    after(() => stack.configure({}));
  });

  describe("in a service's plinth.json is one sentence with file and field, and nothing is started", () => {
    const DESCRIPTOR = "services/wallet/plinth.json";
    let original: string;
    before(() => {
      original = readFileSync(join(stack.root, DESCRIPTOR), "utf8");
    });
    after(() => writeFileSync(join(stack.root, DESCRIPTOR), original));

    const cases: [mistake: string, change: (text: string) => string, sentence: RegExp][] = [
      [
        "a misspelt field",
        (text) => text.replace('"port"', '"prot"'),
        /services\/wallet\/plinth\.json: 'prot' is not a field of a service descriptor \(did you mean 'port'\?\); the fields/,
      ],
      ["text that is not JSON", (text) => text.slice(0, -4), /services\/wallet\/plinth\.json is not JSON: /],
      [
        "a port that another service has",
        (text) => text.replace(/"port": \d+/, '"port": 8080'),
        /services\/\w+\/plinth\.json: 'port' is 8080, which services\/\w+ has already; change one/,
      ],
    ];
    for (const [mistake, change, sentence] of cases)
      it(mistake, async () => {
        writeFileSync(join(stack.root, DESCRIPTOR), change(original));
        for (const command of ["preview", "up"]) {
          const output = await stack.expectFailure(command);
          assert.match(output, sentence);
          assert.doesNotMatch(output, STACK_TRACE);
        }
        assert.deepEqual(await stack.status(), []);
      });
  });

  it("a folder that cannot be written is one sentence with its path, and the folder is never removed", async () => {
    const occupied = join(stack.root, "README");
    writeFileSync(occupied, "A file is where the folder should be.");
    stack.configure({ directory: join(occupied, "data") });
    const output = await stack.expectFailure("up");
    assert.match(
      output,
      new RegExp(
        `error: [^\\n]*The platform keeps its data, logs and state in ${occupied}/data, but cannot write there \\(ENOTDIR\\)`,
      ),
    );
    assert.doesNotMatch(output, STACK_TRACE);
    assert.equal(diagnosticsOf(output).match(/cannot write there/g)?.length, 1, output);

    // A configured folder is named instead of removed.
    const own = join(stack.root, "precious");
    mkdirSync(own);
    stack.configure({ directory: own });
    assert.ok((await stack.expectSuccess("down", "PURGE=1")).output.includes(`Remove it with: rm -r '${own}'`));
    assert.ok(existsSync(own));
    stack.configure({});
  });

  describe("in a schema is refused by 'preview' and 'up' with file, field and reason", () => {
    const edit = (change: (schema: { fields: Record<string, unknown>[] }) => void) => {
      const schema = JSON.parse(original);
      change(schema);
      return JSON.stringify(schema, undefined, 2);
    };
    const dataOf = (schema: { fields: Record<string, unknown>[] }) =>
      schema.fields.find(({ name }) => name === "event_data")!.type as { fields: Record<string, unknown>[] };
    let original: string;
    before(() => {
      original = readFileSync(join(stack.root, BETS), "utf8");
    });
    after(() => writeFileSync(join(stack.root, BETS), original));

    const cases: [mistake: string, text: () => string, finding: RegExp][] = [
      ["text that is not Avro", () => original.slice(0, -20), /V1_BETS\.avsc/],
      [
        "money as a float",
        () =>
          edit((schema) =>
            Object.assign(dataOf(schema).fields.find(({ name }) => name === "amount_cents")!, { type: "double" }),
          ),
        /V1_BETS\.avsc[^\n]*amount_cents/,
      ],
      [
        "a new field without a default",
        () => edit((schema) => dataOf(schema).fields.push({ name: "odds", type: "long" })),
        /V1_BETS\.avsc[^\n]*odds/,
      ],
    ];
    for (const [mistake, text, finding] of cases) {
      it(mistake, async () => {
        writeFileSync(join(stack.root, BETS), text());
        const preview = await stack.expectFailure("preview");
        assert.match(preview, /error: The schemas are refused, and nothing was changed:\n/);
        assert.match(preview, finding);
        await refused(finding);
        assert.match(await stack.expectFailure("check-schemas"), finding);
      });
    }

    it("a file that no topic owns", async () => {
      writeFileSync(join(stack.root, BETS), original);
      writeFileSync(join(stack.root, "schemas", "INTRUDER.avsc"), INTRUDER);
      await refused(/INTRUDER\.avsc[^\n]*catalog/);
    });
  });
});
