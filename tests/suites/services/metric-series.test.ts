import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { METHODS } from "node:http";
import { connect } from "node:http2";
import { PROCESSING_GROUP } from "@plinth/highload/use-cases/process-events.ts";
import { readRetryState, toRetryRecord } from "@plinth/kit/kafka/retry-topics.ts";
import { currencies } from "@plinth/wallet/currencies.ts";
import { sendRequest } from "../../support/api/http.ts";
import { waitUntil } from "../../support/eventually.ts";
import { startEcho } from "../../support/kit/echo-service.ts";
import { metric, startHighload } from "../../support/services/highload-client.ts";
import { platform, TENANT } from "../../support/services/platform.ts";
import { startWallet, walletClient } from "../../support/services/wallet-client.ts";

/** More than a client needs to fill a monitoring system's memory, one series each. */
const SPELLINGS = 100;

const series = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
const seriesAt = async (base: string) => series(await (await fetch(`${base}/metrics`)).text());
const texts = (prefix: string) => Array.from({ length: SPELLINGS }, (_, index) => `${prefix}${index.toString(36)}`);
/** Three capital letters, of all beginnings. */
const codes = Array.from({ length: 600 }, (_, index) =>
  String.fromCharCode(...[index * 43, index * 7, index].map((step) => 65 + (Math.floor(step / 3) % 26))),
);

describe("series of /metrics under hostile traffic", function () {
  this.timeout(60_000);

  it("are bounded whatever method, path, tenant, currency, key or header a client sends", async () => {
    const { wallet, base } = await startWallet(await platform());
    const client = walletClient(base);
    await client.bet(await client.account(10), 5);
    const send = (method: string, path: string, headers: Record<string, string> = {}) =>
      sendRequest(base, { method, path, headers: Object.entries(headers) });
    const before = (await seriesAt(base)).length;
    const opened = await Promise.all(codes.map((currency) => client.post("/api/v1/accounts", { currency })));
    const taken = new Set(codes.filter((_, index) => opened[index]!.status === 201));
    for (const code of taken) assert.ok(currencies.includes(code), code);
    await Promise.all([
      ...METHODS.filter((method) => method !== "CONNECT").map((method) => send(method, "/api/v1/bets")),
      ...texts("p").flatMap((text) => [
        send("GET", `/api/v1/${text}`),
        send("POST", `/${text}/bets`),
        send("GET", `/api/v1/accounts/${text}/balance`, { "x-tenant-id": String(TENANT) }),
        send("GET", "/api/v1/bets", { "x-tenant-id": String(7_000_000 + Number.parseInt(text.slice(1), 36)) }),
        send("GET", "/health", {
          "user-agent": text,
          "x-correlation-id": text,
          "idempotency-key": text,
          traceparent: text,
          "accept-language": text,
          baggage: `${text}=${text}`,
          origin: `https://${text}.example`,
        }),
      ]),
      ...texts("s").map((text) => client.bet(randomUUID(), 1, { "idempotency-key": text })),
    ]);
    const after = await seriesAt(base);
    await wallet.lifecycle.stop();
    // A new route and status has a counter and a histogram of 15 lines; there are few of both.
    assert.ok(after.length - before < 300 + taken.size, `${before} became ${after.length}`);
    assert.ok(!after.some((line) => /[ps]\d[0-9a-z]?"/.test(line)), "a client's text is a label");
  });

  it("are bounded whatever service and method a gRPC call names", async () => {
    const echo = await startEcho();
    const before = series(await echo.metrics.registry.metrics()).length;
    const session = connect(echo.url);
    const call = (path: string) =>
      new Promise<void>((resolve, reject) => {
        const stream = session.request({
          ":method": "POST",
          ":path": path,
          "content-type": "application/grpc",
          te: "trailers",
        });
        stream.on("error", reject).on("close", resolve).resume().end();
      });
    for (const text of texts("p"))
      await Promise.all([call(`/${text}/Say`), call(`/plinth.echo.v1.EchoService/${text}`)]);
    session.close();
    const after = series(await echo.metrics.registry.metrics()).length;
    await echo.server.close();
    assert.ok(after - before < 50, `${before} became ${after}`);
  });

  it("are bounded whatever the records of a topic and of a retry topic say", async () => {
    const at = await platform();
    const { highload, base } = await startHighload(at);
    const producer = at.client.producer();
    await producer.connect();
    await waitUntil(
      "the consumer runs",
      () => seriesAt(base),
      (lines) => lines.some((line) => line.startsWith("consumer_lag")),
      30_000,
    );
    const before = (await seriesAt(base)).length;
    const retried = (text: string) => {
      const origin = { group: PROCESSING_GROUP, topic: text, partition: 0, offset: "0" };
      const { headers } = toRetryRecord(
        { key: text, value: Buffer.from(text), headers: {} } as never,
        { topic: "x", delayMs: 0 },
        origin,
        1,
        new Error(text),
      );
      assert.equal(readRetryState({ headers } as never)?.origin.topic, text);
      return headers as Record<string, string>;
    };
    for (const topic of ["user-events", "user-events_RETRY_1"])
      await producer.send({
        topic,
        messages: texts("p").map((text) => ({
          key: text,
          value: text,
          headers: { ...retried(text), tenant_id: text, correlation_id: text, event_type: text },
        })),
      });
    await producer.disconnect();
    await waitUntil(
      "all are dead letters",
      () => metric(base, "consumer_dead_letters_total"),
      (count) => count >= 2 * SPELLINGS,
      40_000,
    );
    const after = (await seriesAt(base)).length;
    await highload.lifecycle.stop();
    assert.ok(after - before < 60, `${before} became ${after}`);
  });

  it("are bounded in the schema registry", async () => {
    const { registry } = await platform();
    const before = (await seriesAt(registry.url)).length;
    await Promise.all(
      texts("p").flatMap((text) => [
        fetch(`${registry.url}/${text}`),
        fetch(`${registry.url}/subjects/${text}/versions/1`, { headers: { "user-agent": text } }),
        fetch(`${registry.url}/subjects/${text}`, { method: "DELETE" }),
      ]),
    );
    const after = (await seriesAt(registry.url)).length;
    assert.ok(after - before < 20, `${before} became ${after}`);
  });
});
