import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request as sendHttp } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { BodyBudget, readBody } from "@plinth/local/collector/http/body.ts";
import { listen, toListener } from "@plinth/local/collector/http/server.ts";

const LIMIT = 1 << 20;

describe("bodies of requests", () => {
  const budget = new BodyBudget(4 * LIMIT);
  const server = createServer(
    toListener(async (request, response) => {
      response.end(String((await readBody(request, LIMIT, budget)).length));
    }),
  );
  let url: string;
  before(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  const send = async (body: Buffer, encoding: string) => {
    const headers = { "content-encoding": encoding };
    const response = await fetch(url, { method: "POST", headers, body: new Uint8Array(body) });
    return [response.status, await response.text()] as const;
  };

  it("are unpacked, whatever the case of their encoding", async () => {
    const body = Buffer.alloc(LIMIT, 32);
    for (const encoding of ["gzip", "GZip"])
      assert.deepEqual(await send(gzipSync(body), encoding), [200, String(LIMIT)]);
    assert.equal((await send(gzipSync(Buffer.alloc(LIMIT + 1)), "gzip"))[0], 413);
    assert.equal((await send(body, "gzip"))[0], 400);
    assert.equal((await send(gzipSync(body).subarray(0, 500), "gzip"))[0], 400);
    assert.equal((await send(body, "br"))[0], 415);
  });

  it("share their room unpacked, too, and give it back (OBS-8)", async () => {
    const bomb = gzipSync(Buffer.alloc(LIMIT, 32));
    const statuses = (await Promise.all(Array.from({ length: 100 }, () => send(bomb, "gzip")))).map(([code]) => code);
    assert.ok(statuses.includes(429), "100 bodies of 1 MB have room for 4");
    assert.ok(statuses.every((status) => status === 200 || status === 429));
    assert.equal((await send(bomb, "gzip"))[0], 200);
  });

  it("give their room back when they stall", async function () {
    this.timeout(15_000);
    const stalled = Array.from({ length: 5 }, () => {
      const sent = sendHttp(url, { method: "POST", headers: { "transfer-encoding": "chunked" } });
      sent.on("error", () => undefined);
      sent.write(Buffer.alloc(Math.floor(LIMIT * 0.79)));
      return once(sent, "response").then(([response]) => {
        response.resume();
        return response.statusCode as number;
      });
    });
    const statuses = await Promise.all(stalled);
    assert.ok(statuses.every((status) => status === 408 || status === 429));
    assert.ok(statuses.includes(408));
    assert.equal((await send(Buffer.alloc(LIMIT), "identity"))[0], 200);
  });

  it("are answered although nobody told how long they are", async () => {
    const sent = sendHttp(url, { method: "POST", headers: { "transfer-encoding": "chunked" } });
    sent.on("error", () => undefined);
    const answered = once(sent, "response");
    sent.write(Buffer.alloc(LIMIT));
    sent.write("x");
    const [response] = await answered;
    assert.equal(response.statusCode, 413);
    response.resume();
    sent.destroy();
  });
});

describe("a port", () => {
  it("is taken also when another program has it on ::1, which localhost may mean", async function () {
    const holder = createServer().listen(0, "::1");
    await once(holder, "listening").catch(() => this.skip());
    const { port } = holder.address() as AddressInfo;
    try {
      await assert.rejects(
        listen(port, () => undefined),
        { code: "EADDRINUSE", port },
      );
      // What was opened first is closed again.
      const free = createServer().listen(port, "127.0.0.1");
      await once(free, "listening");
      free.close();
    } finally {
      holder.close();
    }
  });
});
