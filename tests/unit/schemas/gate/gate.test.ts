import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type CatalogEntry, catalog, type Tier } from "@plinth/schemas/catalog.ts";
import { generateTypes } from "@plinth/schemas/codegen/generate.ts";
import { loadSchemas } from "@plinth/schemas/folder.ts";
import { formatSchemaFinding, type SchemaFinding, type SchemaRule } from "@plinth/schemas/gate/finding.ts";
import { checkFolder } from "@plinth/schemas/gate/gate.ts";
import {
  entryFor,
  event,
  type Json,
  recordedFolder,
  removeFolders,
  schemaFolder,
  writeFiles,
} from "../../../support/schema-folder.ts";

const ENTRY = entryFor("T");
const judged = (directory: string, entries: readonly CatalogEntry[] = [ENTRY]) =>
  checkFolder(loadSchemas(directory), entries);
const enumOf = (...symbols: string[]) => ({ type: "enum", name: "TestEventType", symbols });
const field = (name: string, type: Json, more: { [key: string]: Json } = {}) => ({ name, type, ...more });

/** The one finding of a folder that was good until this form of its topic came. */
function onlyFinding(form: Json, tier: Tier = 1): SchemaFinding {
  const findings = judged(schemaFolder({ "T.avsc": form }), [entryFor("T", tier)]).filter(
    ({ rule }) => rule !== "unrecorded",
  );
  assert.equal(findings.length, 1, `expected one finding, not ${JSON.stringify(findings)}`);
  return findings[0] as SchemaFinding;
}

type Case = [label: string, form: Json, rule: SchemaRule, place: string, reason: RegExp, tier?: Tier];

function refuses(cases: Case[]): void {
  for (const [label, form, rule, place, reason, tier = 1] of cases) {
    it(`refuses ${label}`, () => {
      const finding = onlyFinding(form, tier);
      assert.deepEqual([finding.file, finding.rule, finding.field], ["T.avsc", rule, place]);
      assert.match(finding.reason, reason);
      assert.ok(finding.remedy.length > 0);
    });
  }
}

describe("the schema gate (PLT-3)", () => {
  afterEach(removeFolders);

  describe("a broken file", () => {
    refuses([
      ["an empty file", "", "syntax", "line 1, column 1", /the file ends/],
      ["a missing colon, with its place", '{\n  "type" "record"\n}', "syntax", "line 2, column 10", /expected ":"/],
      [
        "a comma too many",
        '{ "type": "record", }',
        "syntax",
        "line 1, column 21",
        /a name in double quotes, but found "}"/,
      ],
      ["a byte order mark", '\ufeff"int"', "syntax", "line 1, column 1", /found "\\ufeff/],
      ["a type that Avro has not", event({ tenant_id: "number" }), "avro", "tenant_id", /"number" is not defined/],
      ["a record without fields", { type: "record", name: "T" }, "avro", "", /array of "fields"/],
      [
        "a default of another type",
        event({}, [field("note", "int", { default: "x" })]),
        "avro",
        "event_data.note",
        /default|int/,
      ],
      ["a union in a union", event({}, [field("note", ["null", ["int"]])]), "avro", "event_data.note", /union/],
      [
        "a type defined twice",
        event({}, [field("a", enumOf("A")), field("b", enumOf("A"))]),
        "avro",
        "event_data.a",
        /twice/,
      ],
      ["a number instead of a schema", "42", "avro", "", /42/],
    ]);
  });

  describe("the envelope (INF-8)", () => {
    const wrong: [string, Json, RegExp][] = [
      ["id", "string", /id is a string instead of a string \(uuid\)/],
      ["id", { type: "fixed", name: "Id", size: 16, logicalType: "uuid" }, /id is a fixed \(uuid\)/],
      ["tenant_id", "string", /tenant_id is a string instead of a long/],
      ["aggregate_id", ["null", "string"], /aggregate_id is a union/],
      ["event_data", "string", /event_data is a string instead of a record$/],
      ["event_data", { type: "map", values: "string" }, /event_data is a map/],
      ["timestamp", "long", /timestamp is a long instead of a long \(timestamp-millis\)/],
      ["timestamp", { type: "long", logicalType: "timestamp-micros" }, /timestamp-micros/],
      ["version", "long", /version is a long instead of an int/],
    ];
    refuses([
      ...wrong.map(
        ([name, type, reason]): Case => [
          `${name} as ${JSON.stringify(type)}`,
          event({ [name]: type }),
          "envelope",
          name,
          reason,
        ],
      ),
      ...["id", "tenant_id", "aggregate_id", "event_type", "event_data", "timestamp", "version"].map(
        (name): Case => [
          `an event without ${name}`,
          event({ [name]: null }),
          "envelope",
          name,
          new RegExp(`no field ${name}`),
        ],
      ),
      [
        "a schema other than a record",
        { type: "map", values: "long" },
        "envelope",
        "",
        /an event is a record, but this is a map/,
      ],
      [
        "a tier 1 event_type that is a string",
        event({ event_type: "string" }),
        "event-type",
        "event_type",
        /is a string, but a tier 1 topic needs an enum/,
      ],
      ["a nullable event_type", event({ event_type: ["null", enumOf("A")] }), "event-type", "event_type", /is a union/],
      [
        "a symbol in lower case",
        event({ event_type: enumOf("BET_PLACED", "bet_lost") }),
        "event-type",
        "event_type",
        /bet_lost is not UPPER/,
      ],
      ["a symbol in camel case", event({ event_type: enumOf("BetPlaced") }), "event-type", "event_type", /BetPlaced/],
      ["a symbol with an open end", event({ event_type: enumOf("BET_") }), "event-type", "event_type", /BET_ is not/],
      [
        "a system event_type that is an enum",
        event(),
        "event-type",
        "event_type",
        /is an enum, but a system topic needs a string/,
        "system",
      ],
    ]);

    it("lets a system topic have a string and a map, and any topic additional fields", () => {
      const system = event({ event_type: "string", event_data: { type: "map", values: "string" }, trace_id: "string" });
      const directory = recordedFolder(entryFor("T", "system"), system);
      assert.deepEqual(judged(directory, [entryFor("T", "system")]), []);
    });

    it("says what to call a symbol", () =>
      assert.equal(onlyFinding(event({ event_type: enumOf("betPlaced") })).remedy, "call it BET_PLACED"));
  });

  it("refuses money as a double, in one line with file, field, reason and remedy (INF-9)", () => {
    assert.equal(
      formatSchemaFinding(
        onlyFinding(
          event({}, [
            field("lines", {
              type: "array",
              items: ["null", { type: "record", name: "L", fields: [field("unitPrice", "double")] }],
            }),
          ]),
        ),
      ),
      "T.avsc: event_data.lines[].unitPrice: 'unitPrice' names money, but the type is double, which cannot hold every cent; make it a long that counts cents, such as unitPrice_cents; if it is not money, name its unit, such as rate or km",
    );
  });

  it("refuses a file without a topic, and a topic without a file", () => {
    const directory = recordedFolder(ENTRY, event());
    writeFiles(directory, { "STRAY.avsc": event() });
    rmSync(join(directory, "T.avsc"));
    const found = judged(directory).map(({ file, rule }) => `${rule} ${file}`);
    assert.deepEqual(found.toSorted(), ["catalogue STRAY.avsc", "catalogue T.avsc", "history history/T"]);
  });

  it("names every reason of every file, not only the first", () => {
    const files = { "A.avsc": "{", "B.avsc": event({ id: null, version: null }, [field("price", "float")]) };
    const found = judged(schemaFolder(files), [entryFor("A"), entryFor("B")]);
    assert.deepEqual(found.map(({ file, field: place }) => `${file} ${place}`).slice(0, 4), [
      "A.avsc line 1, column 2",
      "B.avsc id",
      "B.avsc version",
      "B.avsc event_data.price",
    ]);
  });

  describe("a change that is not BACKWARD_TRANSITIVE", () => {
    const first = event({ event_type: enumOf("A", "B") }, [field("bet_id", "string"), field("count", "int")]);
    const changes: [string, Json, string, RegExp][] = [
      [
        "a new field without default",
        event({ event_type: enumOf("A", "B") }, [field("bet_id", "string"), field("count", "int"), field("x", "int")]),
        "event_data.x",
        /no default/,
      ],
      [
        "a symbol taken away",
        event({ event_type: enumOf("A") }, [field("bet_id", "string"), field("count", "int")]),
        "event_type",
        /lacks the symbols B/,
      ],
      [
        "a type narrowed",
        event({ event_type: enumOf("A", "B") }, [field("bet_id", "string"), field("count", "boolean")]),
        "event_data.count",
        /boolean cannot read/,
      ],
    ];
    for (const [label, form, place, reason] of changes) {
      it(`refuses ${label}`, () => {
        const directory = recordedFolder(ENTRY, first);
        writeFiles(directory, { "T.avsc": form });
        const [finding, ...more] = judged(directory);
        assert.equal(more.length, 0);
        assert.deepEqual([finding?.rule, finding?.field], ["compatibility", place]);
        assert.match(finding?.reason ?? "", reason);
        assert.match(finding?.reason ?? "", /against version 1\)/);
        assert.deepEqual(generateTypes(directory, [ENTRY]).recorded, [], "and records it never");
      });
    }

    it("refuses what the newest version allows and an older one does not", () => {
      const without = event({}, [field("bet_id", "string")]);
      const withNote = event({}, [field("bet_id", "string"), field("note", "string", { default: "" })]);
      const demanding = event({}, [field("bet_id", "string"), field("note", "string")]);
      const directory = recordedFolder(ENTRY, without, withNote);
      writeFiles(directory, { "T.avsc": demanding });
      const [finding, ...more] = judged(directory);
      assert.equal(more.length, 0);
      assert.equal(finding?.field, "event_data.note");
      assert.match(finding?.reason ?? "", /against version 1\)/);
    });

    it("names all versions that one field is incompatible with", () => {
      const directory = recordedFolder(
        ENTRY,
        event(),
        event({}, [field("bet_id", "string"), field("note", "int", { default: 0 })]),
      );
      writeFiles(directory, { "T.avsc": event({}, [field("bet_id", "long"), field("note", "int", { default: 0 })]) });
      assert.match(
        judged(directory)[0]?.reason ?? "",
        /long cannot read what was written as string \(against versions 1, 2\)/,
      );
    });
  });

  it("passes the committed folder, within 30 ms", () => {
    const folder = loadSchemas();
    assert.ok(cpuMs(() => assert.deepEqual(checkFolder(folder), [])) < 30 * SLACK);
    assert.equal(folder.current.length, catalog.length);
  });

  it("judges 1,000 schemas, each with a recorded version that it differs from, within 1 s", () => {
    const entries = Array.from({ length: 1000 }, (_, at) => entryFor(`T${at}`));
    const forms = (doc: string) =>
      Object.fromEntries(entries.map(({ file }, at) => [file, withOwnNames({ ...event(), doc }, at)]));
    const directory = schemaFolder(forms("first"));
    assert.equal(generateTypes(directory, entries).recorded.length, 1000);
    writeFiles(directory, forms("second"));
    assert.ok(cpuMs(() => assert.deepEqual(checkFolder(loadSchemas(directory), entries), [])) < 1000 * SLACK);
  });
});

/** The goals are for a quiet machine, and a compiler that is warm. */
const SLACK = 2;

/** Processor time, which other processes do not lengthen as they do the clock's. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Types of different topics are called differently, or one index could not export them. */
function withOwnNames(form: Json, at: number): Json {
  return JSON.parse(
    JSON.stringify(form)
      .replaceAll("TestEventType", `Type${at}`)
      .replaceAll("TestData", `Data${at}`)
      .replaceAll("TestEvent", `Event${at}`),
  ) as Json;
}
