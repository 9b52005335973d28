import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { parseSchema } from "@plinth/schemas/avro/parse.ts";
import { catalog, type Topic } from "@plinth/schemas/catalog.ts";
import { createReader, createWriter } from "@plinth/schemas/codec/value-codec.ts";
import { findStaleFiles, generateTypes } from "@plinth/schemas/codegen/generate.ts";
import { toTypeScript } from "@plinth/schemas/codegen/typescript.ts";
import { listPublishedSchemas, loadSchemas } from "@plinth/schemas/folder.ts";
import { checkServiceTypes } from "@plinth/schemas/gate/service-types.ts";
import { checkTypeNames } from "@plinth/schemas/gate/type-names.ts";
import type { EventOf } from "@plinth/schemas/generated/index.ts";
import { schemas } from "@plinth/schemas/generated/schemas.ts";
import avro from "avsc";
import { randomSchema } from "../../../support/avro/generator.ts";
import { Random } from "../../../support/random.ts";
import {
  entryFor,
  event,
  type Json,
  recordedFolder,
  removeFolders,
  schemaFolder,
  writeFiles,
} from "../../../support/schema-folder.ts";

const envelope = () => ({ id: randomUUID(), tenant_id: 10001, aggregate_id: "a-1", timestamp: Date.now(), version: 1 });

/** One event of each topic; the compiler holds them to the generated types, avsc to the schemas. */
const EVENTS: { [T in Topic]: EventOf<T> } = {
  V1_BETS: {
    ...envelope(),
    event_type: "BET_SETTLED",
    event_data: {
      bet_id: randomUUID(),
      account_id: "a-1",
      amount_cents: 1050,
      currency: "EUR",
      selection: "home",
      outcome: "WON",
      payout_cents: 2 ** 53 - 2,
      cancel_reason: null,
    },
  },
  V1_PAYMENTS: {
    ...envelope(),
    event_type: "PAYMENT_DEBITED",
    event_data: {
      payment_id: randomUUID(),
      account_id: "a-1",
      amount_cents: 1050,
      currency: "EUR",
      reason: "BET",
      bet_id: randomUUID(),
    },
  },
  V1_BALANCES: {
    ...envelope(),
    event_type: "BALANCE_CHANGED",
    event_data: {
      account_id: "a-1",
      balance_cents: 0,
      delta_cents: -1050,
      currency: "EUR",
      cause_event_id: randomUUID(),
      sequence: 7,
    },
  },
  V1_COMPLIANCE: {
    ...envelope(),
    event_type: "LIMIT_EXCEEDED",
    event_data: {
      account_id: "a-1",
      limit_kind: "STAKE",
      limit_cents: 500,
      attempted_cents: 1050,
      currency: "EUR",
      until: null,
      cause_event_id: null,
    },
  },
  "user-events": {
    ...envelope(),
    event_type: "USER_EVENT_CREATED",
    event_data: { event_id: "e-1", user_id: "u-1", type: "user_action", data: '{"action": "login 👋"}' },
  },
  V1_SYSTEM: { ...envelope(), event_type: "SERVICE_STARTED", event_data: { service: "wallet" } },
};

const typescript = (schema: Json) =>
  toTypeScript(parseSchema(JSON.stringify(schema)))
    .map(({ source }) => source)
    .join("\n");

describe("generated types", () => {
  afterEach(removeFolders);

  it("are fresh", () => assert.deepEqual(findStaleFiles(loadSchemas()), [], "generated is stale: run make generate"));

  for (const { topic } of catalog) {
    it(`describe the values of ${topic} that the codec writes and reads, as avsc does`, () => {
      const [type, sent] = [parseSchema(schemas[topic]), EVENTS[topic]];
      const bytes = createWriter(type)(sent);
      assert.deepEqual(createReader(type)(bytes), sent);
      assert.deepEqual(bytes, avro.Type.forSchema(JSON.parse(schemas[topic])).toBuffer(sent));
    });
  }

  it("carry the published schemas as text", () => {
    for (const { topic, text } of listPublishedSchemas())
      assert.deepEqual(JSON.parse(schemas[topic as Topic]), JSON.parse(text));
  });

  it("call a long a number, since the codec refuses longs that a number cannot hold", () => {
    const type = parseSchema(schemas.V1_PAYMENTS);
    const { event_data: data, ...rest } = EVENTS.V1_PAYMENTS;
    const payment = (amount_cents: number) => ({ ...rest, event_data: { ...data, amount_cents } });
    for (const amount of [2 ** 53 - 1, 1 - 2 ** 53])
      assert.deepEqual(createReader(type)(createWriter(type)(payment(amount))), payment(amount));
    for (const amount of [2 ** 53, -(2 ** 53), 10.5])
      assert.throws(() => createWriter(type)(payment(amount)), /event_data\.amount_cents is an invalid "long"/);
  });

  it("have an interface, a union of strings, null, arrays, maps and bytes", () => {
    const inner = {
      type: "record",
      name: "inner_part",
      doc: "Ends */ early",
      fields: [{ name: "next", type: ["null", "inner_part"] }],
    };
    const fields = [
      { name: "kind", type: { type: "enum", name: "Kind", symbols: ["A", "B"] } },
      { name: "parts", type: { type: "array", items: ["null", inner] } },
      { name: "by_name", type: { type: "map", values: "Kind" }, doc: "By name" },
      { name: "raw", type: { type: "fixed", name: "Raw", size: 4 } },
      { name: "flag", type: ["boolean", "null"] },
    ];
    assert.equal(
      typescript({ type: "record", name: "Whole", namespace: "n", fields }),
      [
        "export interface Whole {",
        "  readonly kind: Kind;",
        "  readonly parts: readonly (InnerPart | null)[];",
        "  /** By name */",
        "  readonly by_name: { readonly [key: string]: Kind };",
        "  readonly raw: Uint8Array;",
        "  readonly flag: boolean | null;",
        "}",
        "",
        'export type Kind = "A" | "B";',
        "",
        "/** Ends * / early */",
        "export interface InnerPart {",
        "  readonly next: InnerPart | null;",
        "}",
        "",
      ].join("\n"),
    );
  });

  it("wrap the branches of a union that JavaScript cannot tell apart", () => {
    const text = { type: "record", name: "Text", namespace: "n", fields: [{ name: "text", type: "string" }] };
    const picture = { type: "record", name: "Picture", namespace: "n", fields: [{ name: "url", type: "string" }] };
    const schema = {
      type: "record",
      name: "Post",
      namespace: "n",
      fields: [{ name: "body", type: ["null", text, picture] }],
    };
    assert.match(
      typescript(schema),
      /readonly body: \{ readonly "n\.Text": Text \} \| \{ readonly "n\.Picture": Picture \} \| null;/,
    );
    const type = avro.Type.forSchema(schema as avro.Schema);
    assert.ok(type.isValid({ body: { "n.Text": { text: "x" } } }) && !type.isValid({ body: { text: "x" } }));
    const plain = { ...schema, fields: [{ name: "body", type: ["null", "string", "long", text] }] };
    assert.match(typescript(plain), /readonly body: string \| number \| Text \| null;/);
    assert.ok(avro.Type.forSchema(plain as avro.Schema).isValid({ body: { text: "x" } }));
  });

  it("are TypeScript for whatever the gate passes", () => {
    const random = new Random(7);
    const directory = schemaFolder({});
    let files = 0;
    while (files < 150) {
      const schema = parseOrUndefined(JSON.stringify(randomSchema(random)));
      if (schema === undefined || checkServiceTypes(schema).length > 0) continue;
      if (checkTypeNames([{ path: "T.avsc", schema }]).length > 0) continue;
      const types = toTypeScript(schema).map(({ source }) => source);
      writeFiles(directory, { [`T${files++}.ts`]: [...types, "export {};"].join("\n") });
    }
    const flags = ["--ignoreConfig", "--noEmit", "--strict", "--target", "esnext", "--module", "esnext", "--types", ""];
    const sources = Array.from({ length: files }, (_, index) => join(directory, `T${index}.ts`));
    const compiler = join(root, "node_modules/typescript-7/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [compiler, ...flags, ...sources], { encoding: "utf8" });
    assert.equal(status, 0, stdout.slice(0, 2000));
  });

  it("name a type that begins with a digit once its underscore is gone", () =>
    assert.match(
      typescript({
        type: "record",
        name: "R",
        fields: [{ name: "a", type: { type: "enum", name: "_1", symbols: ["A"] } }],
      }),
      /readonly a: _1;.*export type _1 = "A";/s,
    ));

  it("are stale when edited, missing or superfluous, until make generate rewrites them", () => {
    const entries = [entryFor("T")];
    const directory = recordedFolder(entries[0]!, event());
    writeFiles(directory, { "generated/T.ts": "export {};", "generated/OLD.ts": "export {};" });
    rmSync(join(directory, "generated/index.ts"));
    const stale = findStaleFiles(loadSchemas(directory), entries);
    assert.deepEqual(stale.map(({ file }) => file).toSorted(), [
      "generated/OLD.ts",
      "generated/T.ts",
      "generated/index.ts",
    ]);
    assert.ok(stale.every(({ reason, remedy }) => reason === "generated is stale" && remedy === "run make generate"));
    assert.equal(generateTypes(directory, entries).changed.length, 3);
    assert.deepEqual(findStaleFiles(loadSchemas(directory), entries), []);
    assert.match(
      readFileSync(join(directory, "generated/index.ts"), "utf8"),
      /export type EventOf<T extends keyof Events> = Events\[T\];/,
    );
  });
});

function parseOrUndefined(text: string) {
  try {
    return parseSchema(text);
  } catch {
    return undefined;
  }
}
