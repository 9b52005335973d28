import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "@plinth/local/user-error.ts";
import { eventually } from "../../../../support/eventually.ts";
import { startTestPage, type TestPage, TOKEN, withToken } from "../../../../support/page/running-page.ts";
import { stubSources } from "../../../../support/page/stub-sources.ts";

describe("the page's server", () => {
  let page: TestPage;
  const acts: string[] = [];
  let streamed = 0;
  let followers = 0;

  before(async () => {
    page = await startTestPage(
      stubSources({
        resources: {
          list: async () => [],
          act: async (name, action) => void acts.push(`${action} ${name}`),
          console: async () => "text",
          async *followConsole(_name, _bytes, signal) {
            followers++;
            try {
              for (; !signal.aborted; streamed++) yield "x".repeat(65_536);
            } finally {
              followers--;
            }
          },
        },
        schemas: {
          list: async () => {
            throw new TypeError("secret internals");
          },
          version: () => Promise.reject(new UserError("The registry does not answer")),
          tryOut: async () => ({ compatible: true, messages: [] }),
        },
      }),
    );
  });
  after(() => page.close());

  it("answers under the names of loopback with any port, as a tunnel has, and under no other (OBS-3)", async () => {
    for (const host of ["localhost", `localhost:${page.port}`, "127.0.0.1:8080", `[::1]:${page.port}`, "LocalHost:1"])
      assert.equal((await page.send("GET", "/api/summary", { headers: { host } })).status, 200, host);
    for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:7700", "[::2]", "localhost:1:2"])
      assert.equal((await page.send("GET", "/api/summary", { headers: { host } })).status, 421, host);
  });

  it("refuses pages of other origins, also those of other local ports (OBS-3)", async () => {
    const host = `localhost:${page.port}`;
    const status = async (headers: Record<string, string>) =>
      (await page.send("GET", "/api/summary", { headers: { host, ...headers } })).status;
    assert.equal(await status({ origin: `http://${host}` }), 200);
    for (const origin of ["http://localhost:3000", "https://evil.example", "null", `http://127.0.0.1:${page.port}`])
      assert.equal(await status({ origin }), 403, origin);
    assert.equal(await status({ "sec-fetch-site": "same-origin" }), 200);
    for (const site of ["cross-site", "same-site"]) assert.equal(await status({ "sec-fetch-site": site }), 403, site);
  });

  it("opens a view by a link from elsewhere", async () => {
    const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    const answer = await page.send("GET", "/traces/0123?tab=logs", { headers });
    assert.deepEqual([answer.status, answer.text], [200, "<!doctype html><title>page</title>"]);
  });

  it("opens a view of a topic, subject or process with dots in its name (OBS-3)", async () => {
    for (const path of ["/topics/wallet.bets.v1", "/schemas/wallet.Bet-value", "/resources/a.b", "/topics/a."])
      assert.equal((await page.send("GET", path)).text, "<!doctype html><title>page</title>", path);
  });

  it("leaves no connection open for HEAD of a stream", async () => {
    for (const path of ["/api/logs/stream", "/api/resources/stream", "/api/export"]) {
      const socket = net.connect(page.port, "127.0.0.1").setEncoding("utf8");
      const request = (method: string, target: string) => `${method} ${target} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
      let answer = "";
      socket.on("data", (text) => {
        answer += text;
      });
      socket.write(request("HEAD", path) + request("GET", "/api/dashboards"));
      await eventually(`both are answered after ${path}`, () => /405.*HTTP\/1.1 200/s.test(answer));
      socket.destroy();
    }
  });

  it("changes nothing without the token, and says where it is (OBS-3)", async () => {
    const path = "/api/resources/wallet/stop";
    const wrong = [
      {},
      { authorization: "Bearer wrong" },
      { authorization: `Basic ${TOKEN}` },
      { authorization: TOKEN },
    ];
    for (const headers of wrong) {
      const { status, body } = await page.send("POST", path, { headers: headers as Record<string, string> });
      assert.equal(status, 401);
      assert.match((body as { error: string }).error, /make dashboard/);
    }
    assert.deepEqual(acts, []);
    assert.equal((await page.send("POST", path, { headers: withToken })).status, 200);
    assert.deepEqual(acts, ["stop wallet"]);
  });

  it("tries a schema out without the token, as that changes nothing", async () => {
    const body = JSON.stringify({ schema: '"string"' });
    assert.equal((await page.send("POST", "/api/schemas/a-value/compatibility", { body })).status, 200);
  });

  it("forbids what does not come from the page itself by its headers (OBS-3)", async () => {
    const { headers } = await page.send("GET", "/");
    const policy = String(headers["content-security-policy"]);
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"])
      assert.ok(policy.includes(part), part);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["cache-control"], "no-store");
  });

  it("keeps files with a hash in their name, and no others", async () => {
    const { headers, status } = await page.send("GET", "/page-0A1B2C3D.js");
    assert.deepEqual([status, headers["content-type"]], [200, "text/javascript; charset=utf-8"]);
    assert.match(String(headers["cache-control"]), /immutable/);
  });

  it("serves no file outside of the bundle", async () => {
    const paths = [
      "/../../etc/passwd.json",
      "/..%2f..%2fetc%2fpasswd.js",
      "/%2e%2e/%2e%2e/x.html",
      "/a%00.html",
      "/%ff.js",
    ];
    for (const path of paths) assert.equal((await page.send("GET", path)).status, 404, path);
  });

  it("answers a source's failure with its sentence, and an unexpected one without its stack", async () => {
    const known = await page.send("GET", "/api/schemas/a/1");
    assert.deepEqual([known.status, known.body], [503, { error: "The registry does not answer" }]);
    const unknown = await page.send("GET", "/api/schemas");
    assert.equal(unknown.status, 500);
    assert.doesNotMatch(unknown.text, /secret internals|at /);
    assert.match(page.reports.join(), /secret internals/);
  });

  it("names what is wrong with a request", async () => {
    const cases: [method: string, path: string, status: number, error: RegExp][] = [
      ["GET", "/api/nothing", 404, /no \/api\/nothing/],
      ["DELETE", "/api/logs", 405, /takes GET, not DELETE/],
      ["PUT", "/index.html", 405, /takes GET/],
      ["GET", "/api/logs?level=loud", 400, /level must be one of trace, debug/],
      ["GET", "/api/logs?limit=5001", 400, /limit must be a whole number from 1 to 5000/],
      ["GET", "/api/logs?tenant=-1", 400, /tenant must be a number/],
      ["GET", "/api/logs?from=2&to=1", 400, /from must not be after to/],
      ["GET", "/api/logs?trace=xyz", 400, /32 hexadecimal/],
      ["GET", `/api/logs?text=${"x".repeat(1001)}`, 400, /longer than 1000/],
      ["GET", "/api/traces?attribute=novalue", 400, /key=value/],
      ["GET", "/api/traces/abc", 400, /32 hexadecimal/],
      ["GET", `/api/traces/${"0".repeat(32)}`, 404, /Neither a span nor a line/],
      ["GET", "/api/metrics/range", 400, /'expr' is missing/],
      ["GET", "/api/metrics/range?expr=up&from=0&to=100000&step=1", 400, /at most 11000 points/],
      ["GET", "/api/topics/a/records?partition=1", 400, /go together/],
      ["GET", "/api/logs?data=gone", 404, /import it again/],
      ["GET", "/api/resources/%ff/console", 400, /percent-encoded/],
    ];
    for (const [method, path, status, error] of cases) {
      const answer = await page.send(method, path);
      assert.equal(answer.status, status, path.slice(0, 80));
      assert.match((answer.body as { error: string }).error, error);
    }
  });

  it("refuses a body that is larger than its kind needs", async () => {
    const body = JSON.stringify({ schema: "x".repeat(2 << 20) });
    const { status, text } = await page.send("POST", "/api/schemas/a/compatibility", { body });
    assert.deepEqual([status, text], [413, '{"error":"The body is larger than 1048576 bytes: send less at once"}']);
  });

  it("reads no more of a live view than a client takes, and ends with it (OBS-3)", async () => {
    const socket = net.connect(page.port, "127.0.0.1");
    await once(socket, "connect");
    socket.pause();
    socket.write("GET /api/resources/wallet/console/stream HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await eventually("the view began", () => streamed > 0);
    await sleep(500);
    const taken = streamed;
    await sleep(300);
    assert.equal(streamed, taken);
    assert.ok(taken < 500, `${taken} parts of 64 KiB`);
    socket.destroy();
    await eventually("its source was left", () => followers === 0);
  });

  it("closes the connection of a client that never takes its answer (OBS-3)", async () => {
    const BYTES = 50_000_000;
    const list = async () => [{ name: "x".repeat(BYTES), partitions: 1 }] as never;
    const away = () => Promise.reject(new UserError("away"));
    const other = await startTestPage(stubSources({ topics: { list, partitions: away, records: away } }), {
      idleTimeoutMs: 300,
    });
    const socket = net.connect(other.port, "127.0.0.1").pause();
    socket.write("GET /api/topics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    await sleep(1500);
    let taken = 0;
    socket
      .on("error", () => undefined)
      .on("data", ({ length }) => {
        taken += length;
      });
    await once(socket.resume(), "close");
    assert.ok(taken < BYTES, `${taken} bytes`);
    await other.close();
  });

  it("refuses live views beyond a number, and forgets those that have ended", async () => {
    const sockets = Array.from({ length: 64 }, () => net.connect(page.port, "127.0.0.1"));
    const request = "GET /api/resources/stream HTTP/1.1\r\nhost: localhost\r\n\r\n";
    await Promise.all(
      sockets.map(async (socket) => {
        socket.write(request);
        await once(socket, "data");
      }),
    );
    assert.equal((await page.send("GET", "/api/resources/stream")).status, 429);
    for (const socket of sockets) socket.destroy();
    await eventually("a view can be opened", async () => {
      const socket = net.connect(page.port, "127.0.0.1").setEncoding("utf8");
      socket.write(request);
      const [first] = (await once(socket, "data")) as [string];
      socket.destroy();
      return first.startsWith("HTTP/1.1 200");
    });
  });
});
