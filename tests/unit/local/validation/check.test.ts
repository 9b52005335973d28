import assert from "node:assert/strict";
import { expectation, findMistakes, isValid, parse } from "@plinth/local/validation/check.ts";
import {
  byName,
  flag,
  hostName,
  httpUrl,
  listOf,
  object,
  oneOf,
  optional,
  wholeNumber,
} from "@plinth/local/validation/rules.ts";

const rule = object({
  workers: optional(wholeNumber(1, 9)),
  kind: optional(oneOf(["a", "b"])),
  needs: optional(listOf(["x", "y"])),
  limits: optional(byName(object({ cpu: wholeNumber(1, 4) }))),
  external: optional(object({ host: hostName(), url: optional(httpUrl()), tls: optional(flag()) })),
});
const mistakes = (value: unknown, more: object = {}) => findMistakes(rule, value, { where: "The file", ...more });

describe("a value that its rule refuses", () => {
  const fields = "the fields workers, kind, needs, limits, external";
  const cases: [value: unknown, ...sentences: string[]][] = [
    [undefined, `The file is missing, but must be an object with ${fields}`],
    [null, `The file is null, but must be an object with ${fields}`],
    ["", `The file is '', but must be an object with ${fields}`],
    [[], `The file is [], but must be an object with ${fields}`],
    [{ workers: 10 }, "The file: 'workers' is 10, but must be a whole number from 1 to 9"],
    [{ workers: 1.5 }, "The file: 'workers' is 1.5, but must be a whole number from 1 to 9"],
    [{ workers: Number.POSITIVE_INFINITY }, "The file: 'workers' is Infinity, but must be a whole number from 1 to 9"],
    [{ workers: "1" }, `The file: 'workers' is "1", but must be a whole number from 1 to 9`],
    [{ kind: "A" }, `The file: 'kind' is "A", but must be 'a' or 'b'`],
    [{ needs: ["x", "z"] }, `The file: 'needs' is ["x","z"], but must be a list of x, y`],
    [{ limits: 5 }, "The file: 'limits' is 5, but must be an object"],
    [{ limits: { a: {} } }, "The file: 'limits.a.cpu' is missing, but must be a whole number from 1 to 4"],
    [{ limits: { "a/b~c": { cpu: 0 } } }, "The file: 'limits.a/b~c.cpu' is 0, but must be a whole number from 1 to 4"],
    [{ external: {} }, "The file: 'external.host' is missing, but must be a host name or address"],
    [{ external: { host: "a", url: "http://" } }, `The file: 'external.url' is "http://", but must be ${url()}`],
    [
      { external: { hots: "a", tls: 1 } },
      "The file: 'external.hots' is not a field of 'external' (did you mean 'host'?); the fields are host, url, tls",
    ],
    [
      { workers: 0, kind: "c" },
      "The file: 'workers' is 0, but must be a whole number from 1 to 9",
      `The file: 'kind' is "c", but must be 'a' or 'b'`,
    ],
  ];
  for (const [value, ...sentences] of cases)
    it(`says what must change: ${JSON.stringify(value)}`, () => assert.deepEqual(mistakes(value), sentences));

  it("is refused however many mistakes it has", () => {
    const fields = Array.from({ length: 50 }, (_, index) => `field${index}`);
    const unknown = Object.fromEntries(fields.map((name) => [name, 1]));
    assert.match(mistakes(unknown)[0]!, /^The file: 'field0' is not a field of The file; the fields are workers/);
    assert.match(mistakes({ limits: unknown })[0]!, /^The file: 'limits\.field0' is 1, but must be an object with the/);
    const nested = Object.fromEntries(fields.map((name) => [name, { cpu: 1, ram: 1 }]));
    assert.match(
      mistakes({ limits: nested })[0]!,
      /^The file: 'limits\.field0\.ram' is not a field of 'limits\.field0'/,
    );
    assert.match(mistakes({ needs: fields, external: 1 })[0]!, /^The file: 'needs' is \["field0",/);
  });

  for (const name of ["constructor", "toString", "__proto__"])
    it(`does not take the inherited '${name}' for a field`, () =>
      assert.match(mistakes(JSON.parse(`{ "${name}": 1 }`))[0]!, /is not a field of The file; the fields are/));

  it("is thrown as a user error, the first mistake with the end of its sentence", () =>
    assert.throws(() => parse(rule, { workers: 0, kind: "c" }, { where: "The file", end: "." }), {
      name: "",
      stack: "",
      message: "The file: 'workers' is 0, but must be a whole number from 1 to 9.",
    }));

  it("is not repeated where it is secret", () =>
    assert.deepEqual(mistakes({ kind: "s3cret" }, { secret: true }), ["The file: 'kind' must be 'a' or 'b'"]));

  it("is repeated in one short line, without the password of a URL", () => {
    const [long] = mistakes({ kind: "x".repeat(10_000) });
    assert.ok(long!.length < 200 && long!.includes("…"), long);
    assert.match(mistakes({ kind: "a\nb" })[0]!, /"a\\nb"/);
    assert.match(mistakes({ external: { host: "https://me:s3cret@db" } })[0]!, /"https:\/\/…@db"/);
  });
});

describe("a value that its rule accepts", () => {
  it("is returned as it is", () => {
    const value = { workers: 1, external: { host: "db.example.com" } };
    assert.equal(parse(rule, value, { where: "The file" }), value);
  });

  it("is judged alike by the interpreter and, after many values, by the compiled rule", () => {
    for (let index = 0; index < 1_000; index++) {
      assert.equal(isValid(rule, { workers: 1 }), true);
      assert.equal(isValid(rule, { workers: 0 }), false);
    }
  });
});

/** What is expected of a URL. */
function url(): string {
  return expectation(httpUrl());
}
