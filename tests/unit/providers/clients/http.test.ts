import assert from "node:assert/strict";
import { Agent, createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { isLostConnection, TimeoutError } from "@plinth/providers/clients/errors.ts";
import { type HttpRequest, requestStream, requestText } from "@plinth/providers/clients/http.ts";

const TOKEN = "s3cret-token";

describe("HTTP requests of the providers", () => {
  let server: Server;
  let requests: string[];
  const agent = new Agent({ keepAlive: true });
  const { HTTP_PROXY } = process.env;

  beforeEach(() => {
    requests = [];
  });
  afterEach(async () => {
    if (HTTP_PROXY === undefined) delete process.env.HTTP_PROXY;
    else process.env.HTTP_PROXY = HTTP_PROXY;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  after(() => agent.destroy());

  /** Answers every request by `listener`, and returns a request to it. */
  async function serve(listener: RequestListener): Promise<HttpRequest> {
    server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      listener(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/path?query=1`);
    return { url, headers: { authorization: `Bearer ${TOKEN}` }, agent, timeoutMs: 2_000 };
  }

  const failure = (promise: Promise<unknown>): Promise<Error> =>
    promise.then(
      () => assert.fail("it was answered"),
      (error: Error) => error,
    );

  it("send the body and return an answer of any status", async () => {
    const request = await serve((incoming, response) => {
      incoming.setEncoding("utf8").on("data", (body) => response.writeHead(404).end(`no ${body}`));
    });
    assert.deepEqual(await requestText({ ...request, method: "POST", body: "bét" }), { status: 404, text: "no bét" });
    assert.deepEqual(requests, ["POST /path?query=1"]);
  });

  it("follow no redirect, which would carry the credentials along", async () => {
    const request = await serve((_incoming, response) => response.writeHead(302, { location: "/elsewhere" }).end());
    assert.equal((await requestText(request)).status, 302);
    assert.deepEqual(requests, ["GET /path?query=1"]);
  });

  it("use no proxy of the environment", async () => {
    process.env.HTTP_PROXY = "http://127.0.0.1:1";
    const request = await serve((_incoming, response) => response.end("direct"));
    assert.equal((await requestText(request)).text, "direct");
  });

  it("ask for no compression, so that a small answer cannot become a large one", async () => {
    const request = await serve((incoming, response) => response.end(incoming.headers["accept-encoding"]));
    assert.equal((await requestText(request)).text, "identity");
  });

  it("refuse an answer of more than 64 MiB", async () => {
    const request = await serve((_incoming, response) => response.end(Buffer.alloc((64 << 20) + 1)));
    assert.match((await failure(requestText({ ...request, timeoutMs: 20_000 }))).message, /67108864 exceeded/);
  });

  for (const [title, listener] of [
    ["that never begins", () => undefined],
    ["that never ends", (_incoming, response) => response.writeHead(200).write("part")],
  ] as [string, RequestListener][]) {
    it(`give up an answer ${title}, as a lost connection`, async () => {
      const error = await failure(requestText({ ...(await serve(listener)), timeoutMs: 300 }));
      assert.ok(error instanceof TimeoutError, error.message);
      assert.ok(isLostConnection(error));
      assert.equal(error.message, "no answer to GET /path");
    });
  }

  it("count an answer that breaks off as a lost connection", async () => {
    const request = await serve((_incoming, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("part", () => response.destroy());
    });
    assert.ok(isLostConnection(await failure(requestText(request))));
  });

  it("throw the socket's own error, which holds no credentials", async () => {
    const request = await serve((_incoming, response) => response.destroy());
    const error = await failure(requestText(request));
    assert.equal((error as { code?: string }).code, "ECONNRESET");
    assert.doesNotMatch(JSON.stringify(Object.entries(error)) + error.stack, new RegExp(TOKEN));
  });

  it("stop when the caller's signal is aborted, with its reason", async () => {
    const aborter = new AbortController();
    const request = await serve(() => aborter.abort(new Error("no longer needed")));
    assert.equal((await failure(requestText({ ...request, signal: aborter.signal }))).message, "no longer needed");
  });

  it("stream a body for longer than the first byte may take, until the signal is aborted", async () => {
    const request = await serve((_incoming, response) => {
      response.write("first ");
      setTimeout(() => response.write("second"), 500);
    });
    const aborter = new AbortController();
    const { body } = await requestStream({ ...request, timeoutMs: 250, signal: aborter.signal });
    let text = "";
    await failure(
      (async () => {
        for await (const chunk of body) {
          text += String(chunk);
          if (text === "first second") aborter.abort();
        }
      })(),
    );
    assert.equal(text, "first second");
  });
});
