import assert from "node:assert/strict";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { callOptions, createGrpcClient } from "@plinth/kit/grpc/client.ts";
import { exposeMetrics } from "@plinth/kit/telemetry/exposition.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import { createTracing } from "@plinth/kit/telemetry/tracing.ts";
import { waitUntilReady } from "@plinth/kit/testing/in-process.ts";
import { createServiceProcess, type ServiceProcess } from "@plinth/kit/testing/service-process.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { parseLogFilter } from "../../../cli/logs/filter.ts";
import { parseLogLine } from "../../../cli/logs/log-record.ts";
import { waitUntil } from "../../support/eventually.ts";
import { startEcho, tenants } from "../../support/kit/echo-service.ts";
import { type FakeLoki, startFakeLoki } from "../../support/kit/fake-loki.ts";
import { parseOpenMetrics } from "../../support/kit/open-metrics.ts";
import { type OtlpReceiver, startOtlpReceiver } from "../../support/kit/otlp-receiver.ts";
import { EchoService } from "../../support/kit/proto/generated/plinth/echo/v1/echo_pb.ts";
import { type Platform, platform, TENANT } from "../../support/services/platform.ts";
import { requestsTo, walletClient } from "../../support/services/wallet-client.ts";

const SECRET = "hunter2planted";
const EMAIL = `ann.${SECRET}@example.com`;
const PLANTED = new RegExp(SECRET, "i");
const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const HEADERS = {
  traceparent: TRACEPARENT,
  tracestate: `vendor=${SECRET}`,
  baggage: `email=${encodeURIComponent(EMAIL)},token=${SECRET}`,
  authorization: `Bearer ${SECRET}`,
  cookie: `session=${SECRET}`,
  "x-api-key": SECRET,
  "x-correlation-id": EMAIL,
  "user-agent": EMAIL,
  "idempotency-key": SECRET,
};

function assertFreeOfPlanted(what: string, texts: readonly string[]): void {
  assert.ok(texts.length > 0, `there is no ${what}`);
  assert.deepEqual(
    texts.filter((text) => PLANTED.test(text)),
    [],
    `${what} holds what a caller wrote`,
  );
}

describe("what a caller writes (OBS-8)", () => {
  let at: Platform;
  let receiver: OtlpReceiver;
  let loki: FakeLoki;
  let wallet: ServiceProcess;

  before(async () => {
    at = await platform();
    receiver = await startOtlpReceiver();
    loki = await startFakeLoki();
    wallet = createServiceProcess({
      command: ["node", "services/wallet/main.ts"],
      environment: {
        ...at.environment(),
        LOG_LEVEL: "debug",
        LOKI_URL: loki.url,
        LOKI_REQUEST_LINES: "all",
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      },
      port: await findFreePort(),
    });
    await wallet.start();
    await waitUntilReady(wallet.baseUrl);
  });
  after(async () => {
    await wallet?.kill();
    await Promise.all([receiver?.close(), loki?.close()]);
    await at?.sql.query("drop trigger if exists planted on bets");
  });

  it("is in no line, span, label or exemplar of a service, whichever way it came in", async () => {
    // Refuses the planted bet with a message and a detail that repeat it.
    await at.sql.query(`
      create or replace function refuse_planted() returns trigger language plpgsql as $$
      begin
        raise exception 'invalid input for type selection: "%"', new.selection using errcode = '22P02', detail = new.selection;
      end $$;
      create trigger planted before insert on bets for each row when (new.selection like '%${SECRET}%') execute function refuse_planted();
    `);
    const client = walletClient(wallet.baseUrl);
    const account = await client.account(1000);
    const send = requestsTo(wallet.baseUrl);
    const strangers = requestsTo(wallet.baseUrl, SECRET);
    const bet = { account_id: account, amount_cents: 1, selection: "home" };
    const statuses = [
      await send("GET", `/api/v1/accounts/${SECRET}/balance?email=${encodeURIComponent(EMAIL)}`, undefined, HEADERS),
      await send("GET", `/${encodeURIComponent(EMAIL)}?token=${SECRET}`, undefined, HEADERS),
      await strangers("GET", `/api/v1/accounts/${account}/balance`, undefined, HEADERS),
      await send("POST", "/api/v1/bets", `{"selection": ${SECRET}`, HEADERS),
      await send("POST", "/api/v1/bets", { ...bet, [SECRET]: EMAIL }, HEADERS),
      await send("POST", "/api/v1/accounts", { currency: SECRET }, HEADERS),
      await send("POST", "/api/v1/bets", { ...bet, selection: EMAIL }, { ...HEADERS, "idempotency-key": `2${SECRET}` }),
      await send("POST", "/api/v1/bets", bet, { ...HEADERS, traceparent: SECRET, "idempotency-key": `3${SECRET}` }),
    ].map(({ status }) => status);
    assert.deepEqual(statuses, [400, 404, 400, 400, 400, 400, 500, 201]);
    const producer = at.client.producer();
    await producer.connect();
    const junk = { correlation_id: EMAIL, traceparent: SECRET, tenant_id: SECRET, [SECRET]: SECRET, baggage: SECRET };
    await producer.send({
      topic: "V1_PAYMENTS",
      messages: [
        { key: EMAIL, value: SECRET, headers: junk },
        { key: null, value: `\0\0\0\0\x01${SECRET}`, headers: { ...junk, traceparent: TRACEPARENT } },
      ],
    });
    await producer.disconnect();

    const lines = () => wallet.lines.filter((line) => line.startsWith("{"));
    const count = (text: string) => lines().filter((line) => line.includes(text)).length;
    await waitUntil("both records are dead letters", () => count("event went to the dead letters") === 2);
    await waitUntil("all requests have their line", () => count('"msg":"request"') >= 10);
    await waitUntil("the failure is logged", () => count("request failed") === 1);
    const named = (name: string) => receiver.spans.filter((span) => span.name === name);
    await waitUntil("the failed request's spans arrive", () =>
      named("POST /api/v1/bets").some(({ status }) => status.code === 2),
    );
    await waitUntil("the accepted bet's events arrive", () => named("send V1_BETS").length > 0);
    await waitUntil("the tenant's lines arrive", () => loki.entries.length >= 8);
    const scrape = async (accept: string) => (await fetch(`${wallet.baseUrl}/metrics`, { headers: { accept } })).text();
    const openMetrics = await scrape("application/openmetrics-text");

    assertFreeOfPlanted("log line", wallet.lines);
    assertFreeOfPlanted("exported span", receiver.bodies);
    assertFreeOfPlanted(
      "line in Loki",
      loki.entries.map((entry) => JSON.stringify({ ...entry, time: 0 })),
    );
    assertFreeOfPlanted("metric", [await scrape("text/plain"), openMetrics]);
    assertFreeOfPlanted("line of PostgreSQL", at.database.log().split("\n"));
    const buckets = parseOpenMetrics(openMetrics).get("http_request_duration_seconds")!.samples;
    const exemplars = buckets.flatMap(({ exemplar }) => (exemplar ? [exemplar.labels.trace_id] : []));
    assert.ok(exemplars.length > 0);
    for (const trace of exemplars) assert.ok(receiver.spans.some(({ traceId }) => traceId === trace));
  });

  it("is found by its tenant with make logs, as the service wrote it", () => {
    const records = wallet.lines.map((line) => parseLogLine("wallet", line));
    const { matches } = parseLogFilter({ TENANT: String(TENANT) });
    const found = records.filter(matches);
    assert.ok(found.some(({ message, fields }) => message === "request" && fields.route === "/api/v1/bets"));
    assert.ok(found.some(({ message }) => message === "request failed"));
    assert.ok(records.length > found.length, "lines of no tenant are not shown");
    assert.deepEqual(records.filter(parseLogFilter({ TENANT: "10002" }).matches), []);
    for (const { message, fields } of found) assert.match(`${message} ${fields.span_id}`, /[0-9a-f]{16}$/);
  });

  it("is in no line, span or label of a gRPC call", async () => {
    const lines: string[] = [];
    const logger = createLogger(
      { service: "echo", version: "1", level: "debug" },
      { write: (line: string) => void lines.push(line) },
    );
    const called = await startOtlpReceiver();
    const tracing = createTracing({ service: "echo", version: "1", endpoint: called.endpoint });
    const metrics = createMetrics("echo", "1");
    const echo = await startEcho({
      logger,
      tracing,
      metrics,
      tenants,
      routes: (router) =>
        router.service(EchoService, {
          say({ text }) {
            throw new Error(`cannot reach redis://app:${text}@cache, password=${text}, asked by ${text}@example.com`);
          },
        }),
    });
    const client = createGrpcClient(EchoService, { url: echo.url, deadlineMs: 2000, metrics, tracing });
    try {
      for (const tenantId of [10_001, undefined]) {
        const { headers } = callOptions(tenantId === undefined ? {} : { tenantId });
        const metadata = { ...(headers as Record<string, string>), ...HEADERS };
        await assert.rejects(client.calls.say({ text: SECRET }, { headers: metadata }));
      }
      await assert.rejects(
        client.calls.say({ text: SECRET }, { headers: { ...HEADERS, "x-tenant-id": SECRET } }),
        /X-Tenant-Id/,
      );
    } finally {
      client.close();
      await echo.server.close();
      await tracing.close();
      await called.close();
    }
    assert.equal(lines.filter((line) => line.includes('"msg":"call"')).length, 3);
    assert.ok(called.spans.length >= 6);
    assertFreeOfPlanted("log line", lines);
    assertFreeOfPlanted("exported span", called.bodies);
    assertFreeOfPlanted("metric", [(await exposeMetrics(metrics, "application/openmetrics-text")).body]);
    assert.ok(lines.some((line) => (JSON.parse(line) as { tenant_id?: number }).tenant_id === 10_001));
  });
});
