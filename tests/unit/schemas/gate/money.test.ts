import assert from "node:assert/strict";
import { parseSchema } from "@plinth/schemas/avro/parse.ts";
import { checkMoney } from "@plinth/schemas/gate/money.ts";
import { isCentsName, isMoneyName, isNeutralName, splitWords } from "@plinth/schemas/gate/money-names.ts";
import { entryFor, event, type Json } from "../../../support/schema-folder.ts";

const violationsOf = (...data: Json[]) => checkMoney(parseSchema(JSON.stringify(event({}, data))));
const field = (name: string, type: Json, more: { [key: string]: Json } = {}) => ({ name, type, ...more });
const record = (name: string, ...fields: Json[]) => ({ type: "record", name, fields });

/** The same numbers on every run. */
function* random(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

const NUMBERS = random(7);
const pick = <T>(from: readonly T[]): T => from[Math.floor(NUMBERS.next().value * from.length)] as T;

const NOUNS = [
  "amount",
  "price",
  "balance",
  "total",
  "fee",
  "cents",
  "cost",
  "stake",
  "payout",
  "currency",
  "deposit",
  "refunds",
  "taxes",
];
const AROUND = ["unit", "gross", "user", "old", "order", "x", "daily", "bet"];
const PLAIN = ["latitude", "score", "odds", "ratio", "duration", "weight", "speed", "confidence", "temperature"];
const STYLES: ((words: string[]) => string)[] = [
  (words) => words.join("_"),
  (words) => words.join("_").toUpperCase(),
  (words) => words.map((word, at) => (at === 0 ? word : capital(word))).join(""),
  (words) => words.map(capital).join(""),
];
const WRAPPINGS: ((type: string, name: string) => Json)[] = [
  (type) => type,
  (type) => ["null", type],
  (type) => ({ type: "array", items: type }),
  (type) => ({ type: "map", values: ["null", { type: "array", items: type }] }),
  (type, name) => record(`${capital(name)}Box`, field("value", type)),
];
const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

describe("money in a schema (INF-9)", () => {
  for (const [label, data, path, reason] of [
    ["a double", field("price", "double"), "event_data.price", /'price' names money, but the type is double/],
    ["a float", field("amount", "float"), "event_data.amount", /the type is float/],
    ["a nullable double", field("payout", ["null", "double"]), "event_data.payout", /double/],
    ["camel case", field("unitPrice", "double"), "event_data.unitPrice", /'unitPrice'/],
    ["capitals", field("TOTAL_AMOUNT", "double"), "event_data.TOTAL_AMOUNT", /'TOTAL_AMOUNT'/],
    ["written in one", field("totalamount", "double"), "event_data.totalamount", /'totalamount'/],
    ["a currency's code", field("value_usd", "double"), "event_data.value_usd", /'value_usd'/],
    ["a pair of words", field("order_value", "float"), "event_data.order_value", /'order_value'/],
    ["a plural in an array", field("fees", { type: "array", items: "double" }), "event_data.fees[]", /'fees'/],
    ["a map", field("balances", { type: "map", values: "double" }), "event_data.balances{}", /'balances'/],
    [
      "an array of nullable maps",
      field("costs", { type: "array", items: ["null", { type: "map", values: "float" }] }),
      "event_data.costs[]{}",
      /'costs'/,
    ],
    ["a nested record", field("line", record("Line", field("stake", "double"))), "event_data.line.stake", /'stake'/],
    [
      "a record in a union",
      field("line", ["null", record("Line", field("stake", "double"))]),
      "event_data.line.stake",
      /'stake'/,
    ],
    [
      "a neutral name inside money",
      field("price", record("Exact", field("value", "double"))),
      "event_data.price.value",
      /'price'/,
    ],
    [
      "a record that is called money",
      field("won", record("Money", field("units", "double"))),
      "event_data.won.units",
      /'Money'/,
    ],
    ["an alias", field("worth", "double", { aliases: ["stake"] }), "event_data.worth", /'stake'/],
    [
      "a decimal",
      field("price", { type: "bytes", logicalType: "decimal", precision: 9, scale: 2 }),
      "event_data.price",
      /decimal over bytes/,
    ],
    [
      "a decimal without precision",
      field("price", { type: "bytes", logicalType: "decimal" }),
      "event_data.price",
      /decimal over bytes/,
    ],
    [
      "a fixed decimal",
      field("price", { type: "fixed", name: "F", size: 8, logicalType: "decimal", precision: 9 }),
      "event_data.price",
      /decimal over fixed/,
    ],
    [
      "cents as a string",
      field("amount_cents", "string"),
      "event_data.amount_cents",
      /counts cents, but the type is string instead of long/,
    ],
    ["cents as an int", field("amountCents", "int"), "event_data.amountCents", /the type is int instead of long/],
    ["cents as a double", field("cents", "double"), "event_data.cents", /double/],
    ["cents as bytes", field("fee_cents", "bytes"), "event_data.fee_cents", /bytes instead of long/],
    [
      "cents as long or string",
      field("fee_cents", ["null", "long", "string"]),
      "event_data.fee_cents",
      /string instead of long/,
    ],
    ["a share of cents", field("cents_rate", "double"), "event_data.cents_rate", /double/],
  ] as [string, Json, string, RegExp][]) {
    it(`is refused as ${label}, at ${path}`, () => {
      const [violation, ...more] = violationsOf(data);
      assert.equal(more.length, 0);
      assert.equal(violation?.field, path);
      assert.match(violation.reason, reason);
      assert.match(violation.remedy, /long that counts cents/);
    });
  }

  for (const data of [
    field("amount_cents", "long"),
    field("payout_cents", ["null", "long"]),
    field("limits_cents", { type: "map", values: { type: "array", items: "long" } }),
    field("amount", "long"),
    field("total_count", "int"),
    field("currency", "string"),
    field("fee_rate", "double"),
    field("tax_percent", "double"),
    field("total_seconds", "double"),
    field("price", record("Quote", field("code", "string"), field("source_score", "double"))),
    field("odds", "double"),
    field("percents", { type: "array", items: "double" }),
    field("coffee", "double"),
    field("imbalance", "double"),
    field("latitude", "float"),
    field("payment", record("Payment", field("risk_score", "double"))),
    field("costume", "double"),
  ] as Json[]) {
    it(`lets ${JSON.stringify(data)} pass`, () => assert.deepEqual(violationsOf(data), []));
  }

  it("is judged wherever a named type is used, and once in a type that contains itself", () => {
    const ratio = record("Exact", field("value", "double"), field("next", ["null", "Exact"]));
    const violations = violationsOf(field("angle", ratio), field("price", "Exact"));
    assert.deepEqual(
      violations.map((violation) => violation.field),
      ["event_data.price.value"],
    );
  });

  it("is refused under 2,000 random names of money, at any depth, and under no other name", () => {
    for (let round = 0; round < 2000; round++) {
      const around = [pick(AROUND), pick(AROUND)].slice(0, Math.floor(NUMBERS.next().value * 3));
      const name = pick(STYLES)([...around, pick(NOUNS)]);
      const type = pick(["float", "double"]);
      const wrapped = pick(WRAPPINGS)(type, name);
      assert.equal(violationsOf(field(name, wrapped)).length, 1, `${name} as ${JSON.stringify(wrapped)} passes`);
      const plain = pick(STYLES)([...around, pick(PLAIN)]);
      assert.deepEqual(violationsOf(field(plain, pick(WRAPPINGS)(type, plain))), [], `${plain} is refused`);
    }
  });
});

describe("names of money", () => {
  it("are split at underscores, humps and digits", () => {
    assert.deepEqual(splitWords("unitPriceUSD2"), ["unit", "price", "usd"]);
    assert.deepEqual(splitWords("XMLTotal_fees"), ["xml", "total", "fees"]);
    assert.deepEqual(splitWords("_"), []);
  });

  it("differ from names of cents and from neutral names", () => {
    assert.ok(
      isMoneyName("bet_amount") &&
        !isCentsName("bet_amount") &&
        isCentsName("bet_amount_cents") &&
        isCentsName("amountcents"),
    );
    assert.ok(isNeutralName("max_value") && !isNeutralName("max_speed"));
  });

  it("are not in the catalogue's vocabulary", () => assert.ok(!isMoneyName(entryFor("V1_BETS").key)));
});
