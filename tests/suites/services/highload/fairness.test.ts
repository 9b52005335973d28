import assert from "node:assert/strict";
import type { ServiceProcess } from "@plinth/kit/testing/service-process.ts";
import autocannon from "autocannon";
import pg from "pg";
import { createUser } from "../../../support/services/highload-client.ts";
import { OTHER_TENANT, type Platform, platform, TENANT } from "../../../support/services/platform.ts";
import { createProcessOf } from "../../../support/services/service-process.ts";
import { requestsTo, type SendRequest } from "../../../support/services/wallet-client.ts";

const ROWS = 12_000;

describe("a quiet tenant of the high-load service beside a noisy one", () => {
  let at: Platform;
  let service: ServiceProcess;
  let noisy: SendRequest;
  let quiet: SendRequest;
  before(async () => {
    at = await platform();
    service = await createProcessOf(at, "highload", { LOG_LEVEL: "silent" });
    await service.start();
    noisy = requestsTo(service.baseUrl, TENANT);
    quiet = requestsTo(service.baseUrl, OTHER_TENANT);
  });
  after(() => service.stop());

  /** Milliseconds of each of the quiet tenant's requests, one after the other. */
  async function measureQuiet(path: string, count: number): Promise<number[]> {
    const times: number[] = [];
    for (let request = 0; request < count; request++) {
      const startedAt = performance.now();
      const { status } = await quiet("GET", path);
      assert.equal(status, 200);
      times.push(performance.now() - startedAt);
    }
    return times.sort((a, b) => a - b);
  }

  it("finds a connection while all statements of the noisy one wait", async () => {
    const { id } = await createUser(noisy);
    const { id: own } = await createUser(quiet);
    const client = new pg.Client({ connectionString: at.database.url, options: "-c search_path=highload" });
    await client.connect();
    try {
      await client.query(
        `begin; set local app.tenant_id = '${TENANT}'; select from users where id = '${id}' for update`,
      );
      const waiting = Array.from({ length: 60 }, () =>
        noisy("PUT", `/api/v1/users/${id}`, { first_name: "Jane" }).then(({ status }) => status),
      );
      await new Promise((resolve) => setTimeout(resolve, 300));
      const times = await measureQuiet("/api/v1/users?limit=1", 10);
      assert.equal((await quiet("PUT", `/api/v1/users/${own}`, { first_name: "Jim" })).status, 200);
      // Without shares each waits until the noisy one's statements give up, for seconds.
      assert.ok((times.at(-1) ?? 0) < 1000, `the slowest took ${times.at(-1)} ms`);
      await client.query("rollback");
      await Promise.all(waiting);
    } finally {
      await client.end();
    }
  });

  it("keeps its rate while strangers name tenants that do not exist", async () => {
    const { id } = await createUser(quiet);
    const url = `${service.baseUrl}/api/v1/users/${id}`;
    const run = async () => {
      const headers = { "x-tenant-id": String(OTHER_TENANT) };
      const result = await autocannon({
        url,
        connections: 2,
        duration: 2,
        headers,
        requests: [{ method: "GET", path: `/api/v1/users/${id}` }],
      });
      assert.equal(result.non2xx, 0);
      return result["2xx"];
    };
    await run();
    const alone = await run();
    let unknown = 1_000_000;
    const flood = autocannon({
      url,
      connections: 64,
      duration: 5,
      requests: [
        {
          setupRequest: (request: object) => ({ ...request, headers: { "x-tenant-id": String(unknown++) } }),
        },
      ],
    } as never);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const beside = await run();
    await flood;
    assert.ok(beside > alone / 3, `${beside} requests beside the flood, ${alone} alone`);
  });

  it("does not wait for far pages, since a list is read on by the place of its last item", async () => {
    await at.sql.query(`begin; set local app.tenant_id = '${TENANT}';
      insert into highload.events (tenant_id, id, user_id, type, data, created_at)
        select ${TENANT}, gen_random_uuid(), gen_random_uuid(), 'far', '', now() - n * interval '1 microsecond'
        from generate_series(1, ${ROWS}) as n;
      commit`);
    const far = await noisy("GET", "/api/v1/events?page=1000000000&limit=100");
    assert.equal(far.status, 400);
    assert.match(
      far.body.error.message,
      /querystring\/page must not skip more than 10000 items: follow the header Link/,
    );
    assert.deepEqual((await quiet("GET", "/api/v1/events?page=1000000000&limit=100")).body, []);
    const seen: string[] = [];
    for (let next: string | undefined = "?limit=100"; next !== undefined; ) {
      const { status, body, headers } = await noisy("GET", `/api/v1/events${next}`);
      assert.equal(status, 200);
      seen.push(...body.filter(({ type }: { type: string }) => type === "far").map(({ id }: { id: string }) => id));
      next = /^<(\?[^>]+)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1];
    }
    assert.equal(seen.length, ROWS);
    assert.equal(new Set(seen).size, ROWS);
    const id = "00000000-0000-4000-8000-000000000000";
    for (const after of ["", "x", "1", `:${id}`, `9007199254740993:${id}`, `1:${id}0`, `-1:${id}`])
      assert.equal((await noisy("GET", `/api/v1/events?after=${after}`)).status, 400, `after=${after}`);
    for (const after of [`0:${id}`, `8999999999999999:${id}`])
      assert.equal((await noisy("GET", `/api/v1/events?after=${after}`)).status, 200, `after=${after}`);
  });
});
