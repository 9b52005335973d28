import { strict as assert } from "node:assert";
import { freshSubject, recordSchema, registerSchema, requestRegistry } from "../../../support/servers/registry-api.ts";

const first = recordSchema("Bet", { id: "string" });
const second = recordSchema("Bet", { id: "string", note: { type: "string", default: "" } });

describe("schema registry: deletion and modes", () => {
  it("hides soft-deleted versions, keeps their ids readable, and forgets only permanently deleted ones", async () => {
    const subject = freshSubject();
    const id = await registerSchema(subject, first);
    await registerSchema(subject, second);
    assert.equal((await requestRegistry("DELETE", `/subjects/${subject}/versions/1`)).body, 1);
    assert.deepEqual((await requestRegistry("GET", `/subjects/${subject}/versions`)).body, [2]);
    assert.deepEqual((await requestRegistry("GET", `/subjects/${subject}/versions?deleted=true`)).body, [1, 2]);
    assert.deepEqual((await requestRegistry("GET", `/subjects/${subject}/versions?deletedOnly=true`)).body, [1]);
    assert.equal((await requestRegistry("GET", `/subjects/${subject}/versions/1`)).body.error_code, 40402);
    assert.equal((await requestRegistry("GET", `/subjects/${subject}/versions/1?deleted=true`)).body.deleted, true);
    assert.equal((await requestRegistry("GET", `/schemas/ids/${id}`)).status, 200);
    assert.deepEqual((await requestRegistry("DELETE", `/subjects/${subject}`)).body, [2]);
    assert.equal((await requestRegistry("GET", `/subjects?subjectPrefix=${subject}`)).body.length, 0);
    assert.deepEqual((await requestRegistry("GET", `/subjects?subjectPrefix=${subject}&deleted=true`)).body, [subject]);
    assert.deepEqual((await requestRegistry("DELETE", `/subjects/${subject}?permanent=true`)).body, [1, 2]);
    assert.equal((await requestRegistry("GET", `/schemas/ids/${id}`)).body.error_code, 40403);
    assert.equal((await requestRegistry("GET", `/subjects?subjectPrefix=${subject}&deleted=true`)).body.length, 0);
  });

  it("gives a schema that returns its old id under a new version, and never reuses an id", async () => {
    const subject = freshSubject();
    const id = await registerSchema(subject, recordSchema(freshSubject("R").replaceAll("-", "_"), {}));
    const { schema } = (await requestRegistry("GET", `/schemas/ids/${id}`)).body;
    await requestRegistry("DELETE", `/subjects/${subject}`);
    assert.equal(await registerSchema(subject, { schema }), id);
    assert.deepEqual((await requestRegistry("GET", `/subjects/${subject}/versions?deleted=true`)).body, [2]);
    await requestRegistry("DELETE", `/subjects/${subject}`);
    await requestRegistry("DELETE", `/subjects/${subject}?permanent=true`);
    assert.ok((await registerSchema(subject, { schema })) > id);
  });

  it("removes a subject's settings with its last version", async () => {
    const subject = freshSubject();
    await registerSchema(subject, first);
    await requestRegistry("PUT", `/config/${subject}`, { compatibility: "FULL" });
    await requestRegistry("DELETE", `/subjects/${subject}/versions/latest`);
    assert.equal((await requestRegistry("GET", `/config/${subject}`)).body.error_code, 40408);
  });

  it("refuses writes in READONLY, and accepts given ids and versions in IMPORT", async () => {
    const subject = freshSubject();
    await registerSchema(subject, first);
    assert.deepEqual((await requestRegistry("PUT", `/mode/${subject}`, { mode: "READONLY" })).body, {
      mode: "READONLY",
    });
    for (const [method, path, body] of [
      ["POST", `/subjects/${subject}/versions`, second],
      ["DELETE", `/subjects/${subject}`, undefined],
      ["DELETE", `/subjects/${subject}/versions/1`, undefined],
      ["PUT", `/config/${subject}`, { compatibility: "FULL" }],
    ] as const) {
      assert.equal((await requestRegistry(method, path, body)).body.error_code, 42205, `${method} ${path}`);
    }
    assert.deepEqual((await requestRegistry("DELETE", `/mode/${subject}`)).body, { mode: "READONLY" });
    assert.equal((await requestRegistry("PUT", `/mode/${subject}`, { mode: "IMPORT" })).body.error_code, 42205);

    const imported = freshSubject("imported");
    await requestRegistry("PUT", `/mode/${imported}`, { mode: "IMPORT" });
    assert.equal((await requestRegistry("POST", `/subjects/${imported}/versions`, second)).body.error_code, 42205);
    const id = 900_000 + Math.floor(Math.random() * 90_000);
    const named = recordSchema(`Imported${id}`, {});
    assert.equal(await registerSchema(imported, { ...named, id, version: 7 }), id);
    assert.deepEqual((await requestRegistry("GET", `/subjects/${imported}/versions`)).body, [7]);
    const clash = await requestRegistry("POST", `/subjects/${imported}/versions`, {
      ...recordSchema("Other", {}),
      id,
      version: 8,
    });
    assert.equal(clash.body.error_code, 42205);
    await requestRegistry("PUT", `/mode/${imported}`, { mode: "READWRITE" });
    assert.equal(
      (await requestRegistry("POST", `/subjects/${imported}/versions`, { ...second, id: id + 1 })).body.error_code,
      42205,
    );
    assert.ok((await registerSchema(freshSubject(), recordSchema(`After${id}`, {}))) > id);
  });

  it("reads and writes global settings, which subjects fall back to", async () => {
    const subject = freshSubject();
    const was = (await requestRegistry("GET", "/config")).body;
    try {
      assert.deepEqual((await requestRegistry("PUT", "/config", { compatibility: "FULL_TRANSITIVE" })).body, {
        compatibility: "FULL_TRANSITIVE",
      });
      assert.deepEqual((await requestRegistry("GET", `/config/${subject}?defaultToGlobal=true`)).body, {
        compatibilityLevel: "FULL_TRANSITIVE",
      });
      assert.deepEqual((await requestRegistry("PUT", `/config/${subject}`, { compatibility: "NONE" })).body, {
        compatibility: "NONE",
      });
      assert.deepEqual((await requestRegistry("GET", `/config/${subject}`)).body, { compatibilityLevel: "NONE" });
      assert.deepEqual((await requestRegistry("DELETE", `/config/${subject}`)).body, { compatibilityLevel: "NONE" });
    } finally {
      await requestRegistry("DELETE", "/config");
    }
    assert.deepEqual((await requestRegistry("GET", "/config")).body, was);
    assert.deepEqual((await requestRegistry("GET", "/mode")).body, { mode: "READWRITE" });
    assert.deepEqual((await requestRegistry("GET", `/mode/${subject}?defaultToGlobal=true`)).body, {
      mode: "READWRITE",
    });
  });
});

describe("schema registry: Confluent's error codes", () => {
  const there = freshSubject("there");
  const gone = freshSubject("gone");
  const no = freshSubject("no");
  before(async () => {
    await registerSchema(there, first);
    await registerSchema(gone, first);
    await requestRegistry("DELETE", `/subjects/${gone}`);
  });

  const cases: [string, string, unknown, number, number][] = [
    ["GET", "/nothing", undefined, 404, 404],
    ["PATCH", "/subjects", undefined, 405, 405],
    ["GET", `/subjects/${no}/versions`, undefined, 404, 40401],
    ["GET", `/subjects/${no}/versions/1`, undefined, 404, 40401],
    ["POST", `/subjects/${no}`, first, 404, 40401],
    ["DELETE", `/subjects/${no}`, undefined, 404, 40401],
    ["DELETE", `/config/${no}`, undefined, 404, 40401],
    ["DELETE", `/mode/${no}`, undefined, 404, 40401],
    ["GET", `/subjects/${there}/versions/9`, undefined, 404, 40402],
    ["POST", `/compatibility/subjects/${there}/versions/9`, first, 404, 40402],
    ["POST", `/subjects/${there}`, recordSchema("Other", {}), 404, 40403],
    ["GET", "/schemas/ids/99999999", undefined, 404, 40403],
    ["GET", "/schemas/ids/x", undefined, 404, 40403],
    ["DELETE", `/subjects/${gone}`, undefined, 404, 40404],
    ["DELETE", `/subjects/${there}?permanent=true`, undefined, 404, 40405],
    ["DELETE", `/subjects/${gone}/versions/1`, undefined, 404, 40406],
    ["DELETE", `/subjects/${there}/versions/1?permanent=true`, undefined, 404, 40407],
    ["GET", `/config/${there}`, undefined, 404, 40408],
    ["GET", `/mode/${there}`, undefined, 404, 40409],
    ["POST", `/subjects/${there}/versions`, recordSchema("Bet", { id: "long" }), 409, 409],
    ["POST", `/subjects/${there}/versions`, { schema: '{"type":"strin"}' }, 422, 42201],
    ["POST", `/subjects/${there}/versions`, { schema: "" }, 422, 42201],
    ["POST", `/subjects/${there}/versions`, {}, 422, 42201],
    ["POST", `/subjects/${there}/versions`, { schema: "message A {}", schemaType: "PROTOBUF" }, 422, 42201],
    ["GET", `/subjects/${there}/versions/0`, undefined, 422, 42202],
    ["GET", `/subjects/${there}/versions/newest`, undefined, 422, 42202],
    ["PUT", `/config/${there}`, { compatibility: "SIDEWAYS" }, 422, 42203],
    ["PUT", `/mode/${there}`, { mode: "WRITEONLY" }, 422, 42204],
    ["POST", `/subjects/${there}/versions`, { ...second, id: 5 }, 422, 42205],
    ["POST", `/subjects/__GLOBAL/versions`, first, 422, 42208],
    ["POST", `/subjects/${there}/versions`, "{", 400, 400],
    ["POST", `/subjects/${there}/versions`, "[]", 400, 400],
    ["GET", `/subjects/%zz/versions`, undefined, 400, 400],
  ];
  for (const [method, path, body, status, code] of cases) {
    it(`${code} for ${method} ${path.replace(/-\d+-\d+-value/, "")} ${body === undefined ? "" : JSON.stringify(body).slice(0, 40)}`, async () => {
      const answer = await requestRegistry(method, path, body);
      assert.deepEqual([answer.status, answer.body.error_code], [status, code], JSON.stringify(answer.body));
      assert.match(answer.body.message, /\S{3,}/);
    });
  }
});
