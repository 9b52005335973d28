import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  createUser,
  freshEmail,
  type RunningHighload,
  withHighload,
} from "../../../support/services/highload-client.ts";
import { countRows, OTHER_TENANT, TENANT } from "../../../support/services/platform.ts";
import { requestsTo, type SendRequest } from "../../../support/services/wallet-client.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe("users of the high-load service (HLS-1)", () => {
  let running: RunningHighload;
  let call: SendRequest;
  withHighload((started) => {
    running = started;
    call = started.call;
  });
  const read = (id: string) => call("GET", `/api/v1/users/${id}`);

  it("creates, reads, changes and removes a user", async () => {
    const email = freshEmail();
    const { status, body: created } = await call("POST", "/api/v1/users", {
      email,
      first_name: "John",
      last_name: "Doe",
    });
    assert.equal(status, 201);
    assert.match(created.id, UUID);
    assert.equal(new Date(created.created_at).toISOString(), created.created_at);
    assert.deepEqual(created, {
      id: created.id,
      email,
      first_name: "John",
      last_name: "Doe",
      created_at: created.created_at,
      updated_at: created.created_at,
    });
    assert.deepEqual((await read(created.id)).body, created);

    const other = freshEmail();
    const { status: changed, body: after } = await call("PUT", `/api/v1/users/${created.id}`, {
      email: other,
      first_name: "Jane",
    });
    assert.equal(changed, 200);
    assert.deepEqual(after, { ...created, email: other, first_name: "Jane", updated_at: after.updated_at });
    assert.ok(after.updated_at >= created.updated_at);
    assert.deepEqual((await read(created.id)).body, after);

    const removed = await call("DELETE", `/api/v1/users/${created.id}`);
    assert.deepEqual([removed.status, removed.body], [204, ""]);
    const gone = await read(created.id);
    assert.deepEqual([gone.status, gone.body.error.code], [404, "user_not_found"]);
    assert.equal((await call("DELETE", `/api/v1/users/${created.id}`)).status, 404);
    assert.equal((await call("PUT", `/api/v1/users/${created.id}`, { first_name: "X" })).status, 404);
  });

  it("answers JSON whether the cache had the user or not", async () => {
    const { id } = await createUser(call);
    for (const _ of [1, 2]) {
      const { status, headers } = await read(id.toUpperCase());
      assert.deepEqual([status, headers.get("content-type")], [200, "application/json; charset=utf-8"]);
    }
  });

  it("lists the newest first, in pages, each user once", async () => {
    const tenant = requestsTo(running.base, OTHER_TENANT);
    const created: string[] = [];
    for (let index = 0; index < 7; index++) created.push((await createUser(tenant)).id);
    const pages: string[][] = [];
    for (const page of [1, 2, 3]) {
      const { status, body } = await tenant("GET", `/api/v1/users?page=${page}&limit=3`);
      assert.equal(status, 200);
      pages.push(body.map(({ id }: { id: string }) => id));
    }
    assert.deepEqual(pages.flat().slice(0, 7), created.toReversed());
    const usual = await tenant("GET", "/api/v1/users");
    assert.deepEqual(
      usual.body.slice(0, 3).map(({ id }: { id: string }) => id),
      pages[0],
    );
    assert.ok(usual.body.length <= 10);
    assert.deepEqual((await tenant("GET", "/api/v1/users?page=1000000000&limit=100")).body, []);
  });

  it("creates one user for concurrent requests with one address, and answers 409 to the others", async () => {
    const email = freshEmail();
    const spellings = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? email : email.toUpperCase()));
    const answers = await Promise.all(
      spellings.map((address) => call("POST", "/api/v1/users", { email: address, first_name: "A", last_name: "B" })),
    );
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [201, ...Array<number>(11).fill(409)]);
    const refused = answers.find(({ status }) => status === 409)!;
    assert.equal(refused.body.error.code, "email_taken");
    assert.ok(!refused.body.error.message.includes(email), "the address is not repeated");
    const second = await createUser(call);
    assert.equal((await call("PUT", `/api/v1/users/${second.id}`, { email })).status, 409);
    const names = { first_name: "A", last_name: "B" };
    const composed = `jos\u00e9-${email.replace("example.com", "ex\u00e4mple.com")}`;
    const { body: third } = await call("POST", "/api/v1/users", { email: composed, ...names });
    assert.equal(third.email, composed);
    for (const spelling of [
      composed.normalize("NFD"),
      composed.toUpperCase(),
      composed.replace("exämple", "xn--exmple-cua"),
    ]) {
      assert.equal((await call("POST", "/api/v1/users", { email: spelling, ...names })).status, 409, spelling);
      assert.equal((await call("PUT", `/api/v1/users/${second.id}`, { email: spelling })).status, 409, spelling);
    }
    assert.deepEqual((await read(second.id)).body, second);
  });

  for (const text of [
    "🙂👩‍👩‍👧‍👦",
    "שלום עולם",
    "مرحبا",
    "e\u0301 ≠ é",
    "a\u202Eb",
    'quotes " and \\ and \t tab',
    "𝒳",
    "‮",
  ])
    it(`keeps ${JSON.stringify(text)} byte for byte, from the database and from the cache`, async () => {
      const { id } = await createUser(call, { first_name: text });
      for (const _ of [1, 2]) assert.equal((await read(id)).body.first_name, text);
      const listed = (await call("GET", "/api/v1/users?limit=100")).body.find((each: { id: string }) => each.id === id);
      assert.equal(listed.first_name, text);
    });

  const body = { email: "a@b.c", first_name: "A", last_name: "B" };
  const refused: [string, string, string, unknown, number, string][] = [
    ["no body", "POST", "/users", {}, 400, "email"],
    ["no last name", "POST", "/users", { ...body, last_name: undefined }, 400, "last_name"],
    ["an empty name", "POST", "/users", { ...body, first_name: "" }, 400, "body/first_name"],
    ["an address without @", "POST", "/users", { ...body, email: "nobody" }, 400, "body/email"],
    ["an address with a blank", "POST", "/users", { ...body, email: "a b@c" }, 400, "body/email"],
    ["a number as a name", "POST", "/users", { ...body, first_name: 1 }, 400, "body/first_name"],
    ["null as a name", "POST", "/users", { ...body, first_name: null }, 400, "body/first_name"],
    ["NUL in a name", "POST", "/users", { ...body, first_name: "a\0b" }, 400, "body/first_name"],
    [
      "half a surrogate pair in a name",
      "POST",
      "/users",
      '{"email":"a@b.c","first_name":"\\ud800","last_name":"B"}',
      400,
      "body/first_name",
    ],
    ["an unknown field", "POST", "/users", { ...body, admin: true }, 400, "body/admin is not a known field"],
    ["a given id", "POST", "/users", { ...body, id: randomUUID() }, 400, "body/id"],
    ["malformed JSON", "POST", "/users", '{"email":', 400, "well-formed JSON"],
    ["a list", "POST", "/users", [], 400, "object"],
    ["a name beyond the limit", "POST", "/users", { ...body, first_name: "x".repeat(201) }, 400, "body/first_name"],
    ["a body beyond the limit", "POST", "/users", { ...body, first_name: "x".repeat(10_000_000) }, 413, "larger"],
    ["an invalid id", "GET", "/users/1", undefined, 400, "params/id"],
    ["a URN as an id", "GET", `/users/urn:uuid:${randomUUID()}`, undefined, 400, "params/id"],
    ["an invalid id to change", "PUT", "/users/x", { first_name: "A" }, 400, "params/id"],
    ["an invalid id to remove", "DELETE", "/users/x", undefined, 400, "params/id"],
    ["an unknown id", "GET", `/users/${randomUUID()}`, undefined, 404, "There is no user"],
    ["a change of nothing", "PUT", `/users/${randomUUID()}`, {}, 400, "fewer than 1"],
    ["page 0", "GET", "/users?page=0", undefined, 400, "querystring/page must be a whole number from 1"],
    ["page -1", "GET", "/users?page=-1", undefined, 400, "querystring/page"],
    ["page 1.5", "GET", "/users?page=1.5", undefined, 400, "querystring/page"],
    ["page one", "GET", "/users?page=one", undefined, 400, "querystring/page"],
    ["an empty page", "GET", "/users?page=", undefined, 400, "querystring/page"],
    ["two pages", "GET", "/users?page=1&page=2", undefined, 400, "querystring/page"],
    ["page 10^20", "GET", "/users?page=100000000000000000000", undefined, 400, "querystring/page"],
    ["limit 0", "GET", "/users?limit=0", undefined, 400, "querystring/limit must be a whole number from 1 to 100"],
    ["limit 101", "GET", "/users?limit=101", undefined, 400, "querystring/limit"],
    ["limit 10^9", "GET", "/users?limit=1000000000", undefined, 400, "querystring/limit"],
    ["an unknown parameter", "GET", "/users?offset=1", undefined, 400, "querystring/offset is not a known field"],
  ];
  for (const [what, method, path, sent, status, words] of refused)
    it(`refuses ${what} with ${status} and names it`, async () => {
      const before = await countRows(running.at, "highload.users");
      const { status: given, body: answer } = await call(method, `/api/v1${path}`, sent);
      assert.equal(given, status);
      assert.ok(answer.error.message.includes(words), answer.error.message);
      assert.equal(await countRows(running.at, "highload.users"), before);
    });

  describe("of tenants", () => {
    it("belong to the default tenant when the request names none", async () => {
      const withoutTenant = requestsTo(running.base, null);
      const { id } = await createUser(withoutTenant);
      assert.equal((await read(id)).status, 200);
      assert.equal((await requestsTo(running.base, TENANT)("GET", `/api/v1/users/${id}`)).status, 200);
    });

    it("cannot be read, changed, removed or listed by another tenant, cached or not (SDG-5)", async () => {
      const { id, email } = await createUser(call);
      assert.equal((await read(id)).status, 200);
      const foreign = requestsTo(running.base, OTHER_TENANT);
      for (const [method, sent] of [["GET"], ["PUT", { first_name: "X" }], ["DELETE"]] as const)
        assert.equal((await foreign(method, `/api/v1/users/${id}`, sent)).status, 404);
      const listed = (await foreign("GET", "/api/v1/users?limit=100")).body;
      assert.ok(!listed.some((each: { id: string }) => each.id === id));
      assert.equal((await read(id)).body.first_name, "John");
      // Addresses are unique within a tenant, so another tenant learns nothing from them.
      await createUser(foreign, { email });
    });

    for (const [tenant, code] of [
      ["x", "tenant_invalid"],
      ["0", "tenant_invalid"],
      ["99999", "tenant_unknown"],
    ] as const)
      it(`are refused with ${code} for tenant ${tenant}`, async () => {
        const { status, body: answer } = await requestsTo(running.base, tenant)("GET", "/api/v1/users");
        assert.deepEqual([status, answer.error.code], [400, code]);
      });
  });
});
