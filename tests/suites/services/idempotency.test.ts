import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Service } from "@plinth/kit/service.ts";
import { type Document, nameOf, type Operation, operations } from "../../support/api/openapi.ts";
import { freshEmail, startHighload } from "../../support/services/highload-client.ts";
import { type Platform, platform } from "../../support/services/platform.ts";
import { type HttpResponse, requestsTo, type SendRequest, startWallet } from "../../support/services/wallet-client.ts";

/** A request of a mutating route, and one of the same route with other content. */
type Requests = { path: string; body?: object; other?: object };

const account = async (call: SendRequest, cents = 1000) => {
  const id = (await call("POST", "/api/v1/accounts", { currency: "EUR" })).body.account_id;
  await call("POST", `/api/v1/accounts/${id}/deposits`, { amount_cents: cents });
  return id;
};
const names = { first_name: "Ada", last_name: "L" };
const user = async (call: SendRequest) =>
  (await call("POST", "/api/v1/users", { email: freshEmail(), ...names })).body.id;

/** A request that succeeds and one that is refused, for every mutating route. */
const cases: Record<
  string,
  { succeeds(call: SendRequest): Promise<Requests>; isRefused?(call: SendRequest): Promise<Requests> }
> = {
  "POST /api/v1/accounts": {
    succeeds: async () => ({ path: "/api/v1/accounts", body: { currency: "EUR" }, other: { currency: "USD" } }),
    isRefused: async (call) => ({
      path: "/api/v1/accounts",
      body: { currency: "EUR", account_id: await account(call) },
    }),
  },
  "POST /api/v1/accounts/{account_id}/deposits": {
    succeeds: async (call) => ({
      path: `/api/v1/accounts/${await account(call)}/deposits`,
      body: { amount_cents: 1 },
      other: { amount_cents: 2 },
    }),
    isRefused: async () => ({ path: `/api/v1/accounts/${randomUUID()}/deposits`, body: { amount_cents: 1 } }),
  },
  "POST /api/v1/bets": {
    succeeds: async (call) => {
      const bet = { account_id: await account(call), amount_cents: 1, selection: "home" };
      return { path: "/api/v1/bets", body: bet, other: { ...bet, selection: "away" } };
    },
    isRefused: async (call) => ({
      path: "/api/v1/bets",
      body: { account_id: await account(call, 1), amount_cents: 2, selection: "home" },
    }),
  },
  "POST /api/v1/users": {
    succeeds: async () => {
      const created = { email: freshEmail(), ...names };
      return { path: "/api/v1/users", body: created, other: { ...created, last_name: "B" } };
    },
    isRefused: async (call) => {
      const email = freshEmail();
      await call("POST", "/api/v1/users", { email, ...names });
      return { path: "/api/v1/users", body: { email, ...names } };
    },
  },
  "PUT /api/v1/users/{id}": {
    succeeds: async (call) => ({
      path: `/api/v1/users/${await user(call)}`,
      body: { last_name: "B" },
      other: { last_name: "C" },
    }),
    isRefused: async () => ({ path: `/api/v1/users/${randomUUID()}`, body: { last_name: "B" } }),
  },
  "DELETE /api/v1/users/{id}": {
    succeeds: async (call) => ({ path: `/api/v1/users/${await user(call)}` }),
    isRefused: async () => ({ path: `/api/v1/users/${randomUUID()}` }),
  },
  "POST /api/v1/events": {
    succeeds: async () => {
      const event = { user_id: randomUUID(), type: "login", data: "" };
      return { path: "/api/v1/events", body: event, other: { ...event, type: "logout" } };
    },
  },
};

describe("Idempotency-Key", () => {
  let at: Platform;
  const services: Service[] = [];
  const routes = new Map<string, SendRequest>();

  before(async () => {
    at = await platform();
    const wallet = await startWallet(at);
    const highload = await startHighload(at);
    services.push(wallet.wallet, highload.highload);
    for (const { base } of [wallet, highload]) {
      const document = (await (await fetch(`${base}/openapi.json`)).json()) as Document;
      for (const operation of operations(document).filter(mutates)) routes.set(nameOf(operation), requestsTo(base));
    }
  });
  after(() => Promise.all(services.map(({ lifecycle }) => lifecycle.stop())));

  const mutates = ({ method }: Operation) => method !== "GET";
  const contentOf = ({ status, body }: HttpResponse) => {
    const { correlation_id: _, ...error } = body.error ?? {};
    return { status, ...(body.error ? { error } : { body }) };
  };

  it("has a case for each mutating route of every service", () => {
    assert.deepEqual([...routes.keys()].sort(), Object.keys(cases).sort());
  });

  for (const [route, { succeeds, isRefused }] of Object.entries(cases)) {
    const method = route.split(" ")[0]!;
    for (const [outcome, prepare] of [
      ["success", succeeds],
      ["refusal", isRefused],
    ] as const) {
      if (!prepare) continue;
      it(`has ${route} repeat its ${outcome}, alone and at the same time`, async () => {
        const call = routes.get(route)!;
        const { path, body, other } = await prepare(call);
        const key = { "idempotency-key": randomUUID() };
        const answers = await Promise.all(Array.from({ length: 4 }, () => call(method, path, body, key)));
        answers.push(await call(method, path, body, key));
        const [first] = answers;
        assert.equal(first!.status < 300, outcome === "success", JSON.stringify(first!.body));
        for (const answer of answers) assert.deepEqual(contentOf(answer), contentOf(first!));
        const replayed = answers.map(({ headers }) => headers.get("idempotent-replayed"));
        assert.deepEqual(replayed.sort(), [null, "true", "true", "true", "true"].sort());
        if (other === undefined) return;
        const reused = await call(method, path, other, key);
        assert.deepEqual([reused.status, reused.body.error.code], [422, "idempotency_key_reused"]);
      });
    }
  }
});
