import assert from "node:assert/strict";
import { root } from "@plinth/local/locations.ts";
import { discoverServices, parseDescriptor } from "../../../../components/service/descriptor.ts";

const good = {
  name: "wallet",
  description: "Bets and balances.",
  port: 8082,
  command: ["node", "services/wallet/main.ts"],
  probes: { live: "/health", ready: "/ready" },
  metrics: "/metrics",
  openapi: "/openapi.json",
  needs: ["database"],
  topics: { produces: ["V1_BETS"], consumes: [] },
  tenant: "header",
};

describe("a service's descriptor", () => {
  it("is read from each service's folder", () =>
    assert.ok(discoverServices(root).some(({ name }) => name === "wallet")));

  it("is taken when everything is in order", () =>
    assert.deepEqual(parseDescriptor("plinth.json", JSON.stringify(good)), good));

  for (const [change, words] of [
    [{ name: "Wallet" }, /'name' is "Wallet", but must be lower-case letters/],
    [{ name: "orders-" }, /'name' is "orders-", but must be lower-case letters/],
    [{ name: "redis" }, /'name' is "redis", but must be .* none of the platform's own: .*redis/],
    [{ name: "redis-auth" }, /'name' is "redis-auth", but must be /],
    [{ name: "public" }, /'name' is "public", but must be /],
    [{ port: 70_000 }, /'port' is 70000, but must be a port from 1 to 25535/],
    [{ command: [] }, /'command' is \[\], but must be a list/],
    [{ probes: "/health" }, /'probes' is "\/health", but must be an object with the fields live, ready$/],
    [{ probes: { live: "health", ready: "/" } }, /'probes\.live' is "health", but must be a path that starts with \/$/],
    [{ probes: { live: "/health" } }, /'probes\.ready' is missing, but must be a path that starts with \/$/],
    [
      { probes: { live: "/", redy: "/" } },
      /'probes\.redy' is not a field of 'probes' \(did you mean 'ready'\?\); the fi/,
    ],
    [{ needs: "database" }, /'needs' is "database", but must be a list of database, cache/],
    [
      { groups: { "wallet-x": "V9_BETS" } },
      /'groups\.wallet-x' is "V9_BETS", but must be a topic of the catalogue \(V1/,
    ],
    [{ description: "" }, /'description' is "", but must be a sentence$/],
    [{ description: "x".repeat(50_000), port: 0 }, /'port' is 0, but must be a port from 1 to 25535/],
    [{ name: "x".repeat(50_000) }, /^.{0,500}$/],
    [{ constructor: 1 }, /'constructor' is not a field of a service descriptor/],
    [{ needs: ["queue"] }, /'needs' is \["queue"\], but must be a list of database, cache/],
    [
      { topics: { produces: ["V9_BETS"], consumes: [] } },
      /'topics\.produces' is \["V9_BETS"\], .*V1_BETS, V1_PAYMENTS/,
    ],
    [{ tenant: "cookie" }, /'tenant' is "cookie", but must be 'header' or 'optional' or 'none'/],
    [
      { port: undefined, prot: 8080 },
      /'prot' is not a field of a service descriptor \(did you mean 'port'\?\); the fields are name/,
    ],
    [{ replicas: 3 }, /'replicas' is not a field of a service descriptor; the fields are name/],
    [{ metrics: undefined }, /'metrics' is missing, but must be a path/],
  ] as const) {
    it(`is refused with ${JSON.stringify(change)}, naming file and field`, () => {
      assert.throws(
        () => parseDescriptor("services/x/plinth.json", JSON.stringify({ ...good, ...change })),
        (error: Error) => {
          assert.match(error.message, /^services\/x\/plinth\.json: /);
          assert.match(error.message, words);
          return true;
        },
      );
    });
  }

  for (const text of ["", "null", "[]", '"wallet"', "{}"])
    it(`is refused when it is ${text || "empty"}, without a stack trace`, () =>
      assert.throws(() => parseDescriptor("plinth.json", text), { name: "", stack: "", message: /^plinth\.json/ }));

  it("may name its schema, so that an editor completes it", () => {
    const described = { $schema: "../../components/service/plinth.schema.json", ...good };
    assert.deepEqual(parseDescriptor("plinth.json", JSON.stringify(described)), described);
  });

  for (const [text, key] of [
    ['{ "port": 1, "name": "x", "port": 2 }', "port"],
    ['{ "probes": { "live": "/", "live": "/livez" } }', "live"],
    ['{ "needs": [], "groups": { "a\\"b": "V1_BETS" }, "n\\u0065eds": ["cache"] }', "needs"],
    ['{ "x": "{", "__proto__": 1, "y": [{}, { "x": "x:" }], "__proto__": 2 }', "__proto__"],
  ] as const)
    it(`is refused when it repeats a key: ${text}`, () =>
      assert.throws(() => parseDescriptor("services/x/plinth.json", text), {
        message: `services/x/plinth.json: '${key}' is there twice in the same object; keep one`,
        stack: "",
      }));

  it("admits a key in two objects, and the text of a key in a value", () => {
    const groups = { port: "V1_BETS" };
    const described = { ...good, description: '"port": 1, "port": 2 }', groups };
    assert.deepEqual(parseDescriptor("plinth.json", JSON.stringify(described)), described);
  });

  it("is refused when it is not JSON", () =>
    assert.throws(() => parseDescriptor("plinth.json", "{"), { message: /^plinth.json is not JSON: / }));
});
