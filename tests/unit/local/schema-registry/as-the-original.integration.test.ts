import assert from "node:assert/strict";
import { startMemoryRegistry } from "../../../support/servers/memory-registry.ts";

type Registry = Awaited<ReturnType<typeof startMemoryRegistry>>;

const record = (name: string, ...fields: object[]) => ({ schema: JSON.stringify({ type: "record", name, fields }) });
const withDefault = (number: string) => ({
  schema: `{"type":"record","name":"R","fields":[{"name":"x","type":"double","default":${number}}]}`,
});

describe("schema registry: what Confluent's does", () => {
  let registry: Registry;
  const post = (path: string, body: object) => registry.send("POST", path, body);
  const register = async (subject: string, body: object) => (await post(`/subjects/${subject}/versions`, body)).body;
  beforeEach(async () => {
    registry = await startMemoryRegistry();
  });
  afterEach(() => registry.stop());

  it("gives a number in any spelling one id, but a whole number another one than a double", async () => {
    const ids = new Map<string, unknown>();
    for (const number of [
      "1e-05",
      "1.0E-5",
      "0.00001",
      "10e-6",
      "1",
      "1.0",
      "1e0",
      "1E+0",
      "-0.0",
      "0.0",
      "100000000.0",
      "1e8",
    ])
      ids.set(number, (await register(`s${ids.size}`, withDefault(number))).id);
    const groups = Map.groupBy(ids.keys(), (number) => ids.get(number));
    assert.deepEqual(
      [...groups.values()],
      [
        ["1e-05", "1.0E-5", "0.00001", "10e-6"],
        ["1"],
        ["1.0", "1e0", "1E+0"],
        ["-0.0"],
        ["0.0"],
        ["100000000.0", "1e8"],
      ],
    );
    const text = (await registry.send("GET", "/subjects/s0/versions/1")).body.schema as string;
    assert.match(text, /"default":1\.0E-5/);
  });

  it("answers what is registered in READONLY and IMPORT, and refuses the rest", async () => {
    const { id } = await register("s", record("A"));
    for (const mode of ["READONLY", "READONLY_OVERRIDE", "IMPORT"]) {
      assert.equal((await registry.send("PUT", "/mode?force=true", { mode })).status, 200);
      assert.deepEqual(await register("s", record("A")), { id, version: 1 }, mode);
      assert.equal((await post("/subjects/s", record("A"))).status, 200, mode);
      assert.equal((await register("s", record("B"))).error_code, 42205, mode);
      assert.equal((await register("other", record("A"))).error_code, 42205, mode);
    }
    await registry.send("PUT", "/mode", { mode: "READWRITE" });
    assert.deepEqual(await register("s", { ...record("A"), id, version: 1 }), { id, version: 1 });
    assert.equal((await register("s", { ...record("A"), id: 77 })).error_code, 42205);
  });

  it("refuses to give ids and versions that no record can carry", async () => {
    await registry.send("PUT", "/mode/imported", { mode: "IMPORT" });
    const last = 2 ** 31 - 1;
    assert.equal((await register("imported", { ...record("A"), id: last, version: last })).id, last);
    await registry.send("PUT", "/mode/imported", { mode: "READWRITE" });
    for (const subject of ["imported", "other"])
      assert.equal(
        (await register(subject, record("A", { name: "x", type: "int", default: 0 }))).error_code,
        50001,
        subject,
      );
    assert.deepEqual((await registry.send("GET", "/subjects")).body, ["imported"]);
  });

  it("takes levels and modes in any case", async () => {
    for (const [given, level] of [
      ["full", "FULL"],
      ["Backward_Transitive", "BACKWARD_TRANSITIVE"],
      ["none", "NONE"],
    ]) {
      assert.deepEqual((await registry.send("PUT", "/config/s", { compatibility: given })).body, {
        compatibility: level,
      });
      assert.deepEqual((await registry.send("GET", "/config/s")).body, { compatibilityLevel: level });
    }
    assert.deepEqual((await registry.send("PUT", "/mode/s", { mode: "readonly" })).body, { mode: "READONLY" });
    for (const compatibility of ["", 3, {}, "FULL "])
      assert.equal((await registry.send("PUT", "/config/s", { compatibility })).body.error_code, 42203);
  });

  it("refuses what it would not keep of a schema, and takes it when it is empty", async () => {
    const kept = { metadata: null, ruleSet: null, schemaTagsToAdd: [], propagateSchemaTags: false };
    assert.equal((await post("/subjects/s/versions", { ...record("A"), ...kept })).status, 200);
    for (const [more, code] of [
      [{ metadata: { properties: { owner: "me" } } }, 42201],
      [{ ruleSet: { domainRules: [{ name: "r" }] } }, 42210],
      [{ schemaTagsToAdd: [{ tags: ["PII"] }] }, 42201],
      [{ propagateSchemaTags: true }, 42201],
    ] as const)
      for (const path of ["/subjects/s/versions", "/subjects/s", "/compatibility/subjects/s/versions/latest"])
        assert.equal(
          (await post(path, { ...record("A"), ...more })).body.error_code,
          code,
          `${path} ${JSON.stringify(more)}`,
        );
  });

  it("has one context, which may be named, and refuses to make others", async () => {
    const { id } = await register("s", record("A"));
    assert.deepEqual(await register(":.:s", record("A")), { id, version: 1 });
    assert.equal((await registry.send("GET", "/subjects/:.:s/versions/1")).status, 200);
    assert.deepEqual((await registry.send("GET", "/subjects?subjectPrefix=:.:s")).body, ["s"]);
    assert.equal((await register(":.other:s", record("A"))).error_code, 42208);
    assert.equal((await registry.send("PUT", "/config/:.other:s", { compatibility: "NONE" })).body.error_code, 42208);
    assert.equal((await registry.send("PUT", "/mode/:.other:", { mode: "READONLY" })).body.error_code, 42208);
    assert.equal((await registry.send("GET", "/subjects/:.other:s/versions/1")).body.error_code, 40401);
    assert.deepEqual((await registry.send("GET", "/subjects")).body, ["s"]);
    assert.deepEqual((await registry.send("GET", "/contexts")).body, ["."]);
  });
});
