import assert from "node:assert/strict";
import { startMemoryRegistry } from "../../../support/servers/memory-registry.ts";

const key = (subject: unknown, version: unknown = 1) =>
  JSON.stringify({ keytype: "SCHEMA", subject, version, magic: 1 });
const value = (more: object = {}) =>
  JSON.stringify({ subject: "bad", version: 1, id: 7, schema: '"string"', deleted: false, ...more });
const good = {
  key: key("good"),
  value: JSON.stringify({ subject: "good", version: 1, id: 3, schema: '"long"', deleted: false }),
};

describe("schema registry: a log that anyone may have written to", () => {
  const malformed: [string, { key: string; value: string | null }][] = [
    ...["seven", "7", null, -1, 0, 1.5, 2 ** 31, {}].map((id): [string, { key: string; value: string }] => [
      `the id ${JSON.stringify(id)}`,
      { key: key("bad"), value: value({ id }) },
    ]),
    ["no id", { key: key("bad"), value: '{"subject":"bad","version":1,"schema":"\\"string\\""}' }],
    ["an infinite id", { key: key("bad"), value: value().replace('"id":7', '"id":1e999') }],
    ["a version that is text", { key: key("bad", "1"), value: value() }],
    ["no version", { key: JSON.stringify({ keytype: "SCHEMA", subject: "bad" }), value: value() }],
    ["another version than its key", { key: key("bad", 2), value: value() }],
    ["another subject than its key", { key: key("bad"), value: value({ subject: "other" }) }],
    ["a schema that is an object", { key: key("bad"), value: value({ schema: {} }) }],
    ["no schema", { key: key("bad"), value: value({ schema: null }) }],
    ["references that are no list", { key: key("bad"), value: value({ references: "x" }) }],
    ["a reference without a version", { key: key("bad"), value: value({ references: [{ name: "a", subject: "b" }] }) }],
    ["a subject that is a number", { key: key(5), value: value() }],
    ["a subject of another context", { key: key(":.x:bad"), value: value({ subject: ":.x:bad" }) }],
    ["a value that is a list", { key: key("bad"), value: "[]" }],
    ["a value that is cut off", { key: key("bad"), value: value().slice(0, -5) }],
    ["a key that is no JSON", { key: "\u0000", value: value() }],
    ["an unknown level", { key: '{"keytype":"CONFIG","subject":"good"}', value: '{"compatibilityLevel":"SIDEWAYS"}' }],
    ["an unknown mode", { key: '{"keytype":"MODE","subject":null}', value: '{"mode":"undefined"}' }],
    ["a deletion up to no version", { key: '{"keytype":"DELETE_SUBJECT","subject":"good"}', value: "{}" }],
    ["a highest id that is text", { key: '{"keytype":"NOOP"}', value: '{"maxId":"many"}' }],
    ["an id that means another schema", { key: key("bad"), value: value({ id: 3 }) }],
  ];
  for (const [what, record] of malformed)
    it(`skips a record with ${what}, names its offset, and goes on`, async () => {
      const registry = await startMemoryRegistry([good, record]);
      try {
        const schema = JSON.stringify({ type: "record", name: "New", fields: [] });
        const { status, body } = await registry.send("POST", "/subjects/new/versions", { schema });
        assert.deepEqual([status, body], [200, { id: 4, version: 1 }]);
        assert.deepEqual((await registry.send("GET", "/subjects")).body, ["good", "new"]);
        assert.equal((await registry.send("GET", "/schemas/ids/3")).body.schema, '"long"');
        assert.deepEqual((await registry.send("GET", "/mode")).body, { mode: "READWRITE" });
        assert.equal(
          registry.lines.filter((line) => /^the record at offset 1 counts for nothing: /.test(line)).length,
          1,
        );
        const metrics = await (await fetch(`${registry.url}/metrics`)).text();
        assert.match(metrics, /^plinth_schema_registry_skipped_records 1$/m);
      } finally {
        await registry.stop();
      }
    });
});

describe("schema registry: references of references", () => {
  const link = (index: number, more: object = {}) => {
    const [subject, former] = [`r${index}`, `r${index - 1}`];
    const fields = index === 0 ? [] : [{ name: "p", type: former }];
    const schema = JSON.stringify({ type: "record", name: subject, fields });
    const references = index === 0 ? [] : [{ name: former, subject: former, version: 1 }];
    return { subject, version: 1, id: index + 1, schema, references, ...more };
  };
  const recordOf = (version: ReturnType<typeof link>) => ({
    key: key(version.subject),
    value: JSON.stringify(version),
  });
  const user = (name: string, to: string) => ({
    schema: JSON.stringify({ type: "record", name, fields: [{ name: "p", type: to }] }),
    references: [{ name: to, subject: to, version: 1 }],
  });

  it("are followed 100 deep, by one bound before and after a restart", async () => {
    const chain = Array.from({ length: 3000 }, (_, index) => recordOf(link(index)));
    // The text of one id is compared with another's.
    const other = { subject: "other", schema: ` ${link(2999).schema}` };
    const registry = await startMemoryRegistry([...chain, recordOf(link(2999, other))]);
    try {
      const register = (name: string, to: string) =>
        registry.send("POST", `/subjects/${name}/versions`, user(name, to));
      for (let turn = 0; turn < 2; turn++) {
        for (const to of ["r100", "r1500", "r2999"]) {
          const { status, body } = await register(`of_${to}`, to);
          assert.deepEqual([status, body.error_code], [422, 42201]);
          assert.match(String(body.message), /its references lead more than 100 deep/);
        }
        assert.equal((await register("of_r99", "r99")).status, 200);
        assert.equal((await registry.send("GET", "/schemas/ids/3000")).status, 200);
      }
      assert.equal((await register("of_of", "of_r99")).status, 422);
      assert.deepEqual(
        registry.lines.filter((line) => /unexpected|waiting/.test(line)),
        [],
      );
    } finally {
      await registry.stop();
    }
  });
});
