import { strict as assert } from "node:assert";
import { freshSubject, recordSchema, registerSchema, requestRegistry } from "../../../support/servers/registry-api.ts";

describe("schema registry: registration and reading", () => {
  it("gives a schema one id under every subject, and each subject its own versions (INF-7)", async () => {
    const [one, other] = [freshSubject(), freshSubject()];
    const name = freshSubject("Bet").replaceAll("-", "_");
    const [first, second] = [
      recordSchema(name, { id: "string" }),
      recordSchema(name, { id: "string", note: { type: "string", default: "" } }),
    ];
    const id = await registerSchema(one, first);
    assert.equal(await registerSchema(one, first), id);
    assert.equal(await registerSchema(other, first), id);
    const next = await registerSchema(one, second);
    assert.ok(next > id);
    assert.deepEqual((await requestRegistry("GET", `/subjects/${one}/versions`)).body, [1, 2]);
    assert.deepEqual((await requestRegistry("GET", `/subjects/${other}/versions`)).body, [1]);
    assert.deepEqual((await requestRegistry("GET", `/subjects/${one}/versions/latest`)).body, {
      subject: one,
      version: 2,
      id: next,
      schema: second.schema,
    });
    assert.deepEqual(
      (await requestRegistry("GET", `/subjects/${one}/versions/1/schema`)).body,
      JSON.parse(first.schema),
    );
    assert.deepEqual((await requestRegistry("GET", `/schemas/ids/${id}`)).body, { schema: first.schema });
    assert.deepEqual((await requestRegistry("GET", `/schemas/ids/${id}/schema`)).body, JSON.parse(first.schema));
    assert.deepEqual((await requestRegistry("GET", `/schemas/ids/${id}/subjects`)).body, [one, other]);
    assert.deepEqual((await requestRegistry("GET", `/schemas/ids/${id}/versions`)).body, [
      { subject: one, version: 1 },
      { subject: other, version: 1 },
    ]);
    assert.deepEqual((await requestRegistry("GET", `/subjects?subjectPrefix=${one}`)).body, [one]);
    assert.deepEqual(
      (await requestRegistry("GET", `/schemas?subjectPrefix=${one}&latestOnly=true`)).body.map(
        ({ version }: { version: number }) => version,
      ),
      [2],
    );
    assert.deepEqual((await requestRegistry("GET", "/schemas/types")).body, ["AVRO"]);
  });

  it("recognises a schema in another layout and, when normalizing, with another order of attributes", async () => {
    const subject = freshSubject();
    const id = await registerSchema(subject, {
      schema: '{"type":"record","name":"a.Bet","fields":[{"name":"x","type":{"type":"long","a":1,"b":2}}]}',
    });
    const spaced =
      '{ "name":"Bet", "namespace":"a", "type":"record", "fields":[{"type":{"a":1, "type":"long", "b":2}, "name":"x"}] }';
    assert.equal(await registerSchema(subject, { schema: spaced }), id);
    const reordered = {
      schema: '{"type":"record","name":"a.Bet","fields":[{"name":"x","type":{"type":"long","b":2,"a":1}}]}',
    };
    assert.equal((await requestRegistry("POST", `/subjects/${subject}`, reordered)).body.error_code, 40403);
    const found = await requestRegistry("POST", `/subjects/${subject}?normalize=true`, reordered);
    assert.deepEqual([found.status, found.body.id, found.body.version], [200, id, 1]);
  });

  it("refuses an incompatible schema with field and reason, and accepts it once the subject allows it", async () => {
    const subject = freshSubject();
    await registerSchema(subject, recordSchema("Bet", { id: "string" }));
    const wrong = recordSchema("Bet", { id: "string", amount_cents: "long" });
    const refused = await requestRegistry("POST", `/subjects/${subject}/versions`, wrong);
    assert.deepEqual([refused.status, refused.body.error_code], [409, 409]);
    assert.match(
      refused.body.message,
      /Bet\.amount_cents: the field has no default.*READER_FIELD_MISSING_DEFAULT_VALUE/,
    );
    assert.deepEqual(
      (await requestRegistry("POST", `/compatibility/subjects/${subject}/versions/latest`, wrong)).body,
      { is_compatible: false },
    );
    const verbose = await requestRegistry("POST", `/compatibility/subjects/${subject}/versions?verbose=true`, wrong);
    assert.equal(verbose.body.is_compatible, false);
    assert.match(verbose.body.messages[0], /Bet\.amount_cents/);
    await requestRegistry("PUT", `/config/${subject}`, { compatibility: "NONE" });
    await registerSchema(subject, wrong);
  });

  it("checks a transitive level against every version, the others against the last", async () => {
    const subject = freshSubject();
    const withDefault = recordSchema("Bet", { id: "string", cents: { type: "long", default: 0 } });
    const without = recordSchema("Bet", { id: "string", cents: "long" });
    await registerSchema(subject, recordSchema("Bet", { id: "string" }));
    await registerSchema(subject, withDefault);
    const check = async () =>
      (await requestRegistry("POST", `/compatibility/subjects/${subject}/versions`, without)).body.is_compatible;
    assert.equal(await check(), true);
    await requestRegistry("PUT", `/config/${subject}`, { compatibility: "BACKWARD_TRANSITIVE" });
    assert.equal(await check(), false);
    assert.equal(
      (await requestRegistry("POST", `/compatibility/subjects/${subject}/versions/2`, without)).body.is_compatible,
      true,
    );
  });

  it("resolves references, nested ones too, and keeps referenced versions", async () => {
    const [currency, money, bet] = [freshSubject("currency"), freshSubject("money"), freshSubject("bet")];
    await registerSchema(currency, { schema: '{"type":"enum","name":"app.Currency","symbols":["EUR"]}' });
    const byMoney = [{ name: "app.Currency", subject: currency, version: 1 }];
    const moneyId = await registerSchema(money, {
      schema: '{"type":"record","name":"app.Money","fields":[{"name":"currency","type":"Currency"}]}',
      references: byMoney,
    });
    const byBet = [{ name: "app.Money", subject: money, version: 1 }];
    const betSchema = '{"type":"record","name":"app.Bet","fields":[{"name":"money","type":"Money"}]}';
    const betId = await registerSchema(bet, { schema: betSchema, references: byBet });
    assert.equal(await registerSchema(bet, { schema: betSchema, references: byBet }), betId);
    const stored = await requestRegistry("GET", `/subjects/${bet}/versions/1`);
    assert.deepEqual(stored.body.references, byBet);
    assert.deepEqual((await requestRegistry("GET", `/schemas/ids/${betId}`)).body.references, byBet);
    assert.deepEqual((await requestRegistry("GET", `/subjects/${currency}/versions/1/referencedby`)).body, [moneyId]);
    for (const path of [`/subjects/${money}`, `/subjects/${money}/versions/1`])
      assert.equal((await requestRegistry("DELETE", path)).body.error_code, 42206);
    const missing = await requestRegistry("POST", `/subjects/${bet}/versions`, {
      schema: betSchema,
      references: [{ name: "app.Money", subject: money, version: 9 }],
    });
    assert.deepEqual([missing.status, missing.body.error_code], [422, 42201]);
    // A compatibility check resolves the references of both versions.
    const wider = {
      schema: '{"type":"record","name":"app.Bet","fields":[{"name":"money","type":["null","Money"]}]}',
      references: byBet,
    };
    assert.equal(
      (await requestRegistry("POST", `/compatibility/subjects/${bet}/versions/latest`, wider)).body.is_compatible,
      true,
    );
    await requestRegistry("DELETE", `/subjects/${bet}`);
    assert.equal((await requestRegistry("DELETE", `/subjects/${money}`)).status, 200);
    assert.equal((await requestRegistry("DELETE", `/subjects/${money}?permanent=true`)).body.error_code, 42206);
  });

  it("answers in the accepted media type", async () => {
    assert.equal((await requestRegistry("GET", "/subjects")).type, "application/vnd.schemaregistry.v1+json");
    assert.equal(
      (await requestRegistry("GET", "/subjects", undefined, { accept: "application/json" })).type,
      "application/json",
    );
    const plain = await requestRegistry("POST", `/subjects/${freshSubject()}/versions`, recordSchema("Bet", {}), {
      "content-type": "application/json; charset=utf-8",
    });
    assert.equal(plain.status, 200);
    assert.equal(
      (await requestRegistry("POST", `/subjects/${freshSubject()}/versions`, "x", { "content-type": "text/plain" }))
        .status,
      415,
    );
  });

  it("accepts percent-encoded subjects with slashes and spaces", async () => {
    const subject = `${freshSubject()}/a b`;
    await registerSchema(encodeURIComponent(subject), recordSchema("Bet", {}));
    assert.deepEqual((await requestRegistry("GET", `/subjects?subjectPrefix=${encodeURIComponent(subject)}`)).body, [
      subject,
    ]);
  });
});
