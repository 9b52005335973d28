import assert from "node:assert/strict";
import { parseTraceparent } from "@plinth/kit/core/trace-context.ts";
import { waitUntil } from "../../support/eventually.ts";
import { type FakeLoki, startFakeLoki } from "../../support/kit/fake-loki.ts";
import { type OtlpReceiver, startOtlpReceiver } from "../../support/kit/otlp-receiver.ts";
import { OTHER_TENANT, type Platform, platform, TENANT } from "../../support/services/platform.ts";
import { readTopic } from "../../support/services/records.ts";
import { startWallet, walletClient } from "../../support/services/wallet-client.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";

describe("traces, logs and metrics of a service", () => {
  let at: Platform;
  let receiver: OtlpReceiver;
  let loki: FakeLoki;
  let wallet: Awaited<ReturnType<typeof startWallet>>;

  before(async () => {
    at = await platform();
    receiver = await startOtlpReceiver();
    loki = await startFakeLoki();
    wallet = await startWallet(at, {
      LOKI_URL: loki.url,
      LOKI_REQUEST_LINES: "all",
      ENVIRONMENT: "test",
      VERSION: "1.2.3",
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_TRACES_SAMPLER_ARG: "0",
    });
  });
  after(async () => {
    await wallet.wallet.lifecycle.stop();
    await Promise.all([receiver.close(), loki.close()]);
  });

  it("continues a trace from the request through outbox and broker to the consumer's event (SHOP-3, SHOP-6)", async () => {
    const client = walletClient(wallet.base);
    const account = await client.account(1000);
    // Otherwise the consumer could apply both payments in one batch, with one span.
    await waitUntil(
      "the deposit is applied",
      async () => (await client.get(`/api/v1/accounts/${account}/balance`)).body.sequence === 1,
    );
    const { status, body } = await client.bet(account, 300, { traceparent: `00-${TRACE}-${PARENT}-01` });
    assert.equal(status, 201);

    const named = (name: string) => receiver.spans.filter((span) => span.name === name && span.traceId === TRACE);
    await waitUntil("the consumer's span arrives", () => named("process V1_PAYMENTS").length > 0);
    const [request] = named("POST /api/v1/bets");
    const [consumed] = named("process V1_PAYMENTS");
    assert.equal(request?.parentSpanId, PARENT);
    assert.deepEqual(request?.attributes, {
      "http.request.method": "POST",
      "http.route": "/api/v1/bets",
      "http.response.status_code": 201,
      "url.scheme": "http",
      "tenant.id": TENANT,
    });
    assert.deepEqual(consumed?.attributes, {
      "messaging.system.name": "kafka",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": "V1_PAYMENTS",
      "messaging.consumer.group.name": "wallet-balances",
      "tenant.id": TENANT,
    });
    assert.deepEqual([request?.service, request?.kind, consumed?.kind], ["wallet", 2, 5]);
    // The request's transaction wrote the event, the relay sent it.
    const transactions = receiver.spans.filter(({ name }) => name === "database tenant");
    const written = transactions.find(({ parentSpanId }) => parentSpanId === request?.spanId);
    const sent = named("send V1_PAYMENTS").find(({ spanId }) => spanId === consumed?.parentSpanId);
    assert.ok(written && sent, "the consumer's span is not below the one that sent its event");
    assert.equal(sent.parentSpanId, written.spanId);
    assert.deepEqual([sent.kind, sent.attributes["tenant.id"]], [4, TENANT]);
    const statements = receiver.spans.filter(({ parentSpanId }) => parentSpanId === written.spanId);
    assert.deepEqual(
      statements.filter(({ name }) => !name.startsWith("send ")).map(({ name }) => name),
      ["UPDATE accounts", "INSERT bets", "INSERT payments", "INSERT outbox", "INSERT outbox"],
    );
    const children = receiver.spans.filter(({ parentSpanId }) => parentSpanId === consumed?.spanId);
    assert.ok(children.length > 0, "the consumer's transactions are not in its span");
    assert.ok(
      receiver.spans.every(({ traceId }) => traceId === TRACE),
      "another trace was sampled",
    );

    const bets = await readTopic(at, "V1_BETS", (seen) => seen.some(({ key }) => key === body.bet_id));
    assert.equal(parseTraceparent(bets.find(({ key }) => key === body.bet_id)?.headers.traceparent)?.traceId, TRACE);
    const balances = await readTopic(
      at,
      "V1_BALANCES",
      (seen) => seen.filter(({ key }) => key === account).length === 2,
    );
    const [deposited, staked] = balances.filter(({ key }) => key === account);
    assert.equal(parseTraceparent(staked?.headers.traceparent)?.traceId, TRACE);
    assert.equal(deposited?.headers.traceparent, undefined, "an unrecorded trace was passed on");
  });

  it("pushes a line to Loki for a request that names a tenant, and none otherwise (INF-12)", async () => {
    const headers = { "x-correlation-id": "push-me", traceparent: `00-${TRACE}-${PARENT}-00` };
    const account = "00000000-0000-4000-8000-000000000000";
    const path = `/api/v1/accounts/${account}/balance`;
    const statuses: number[] = [];
    for (const tenant of [null, "x", OTHER_TENANT])
      statuses.push((await walletClient(wallet.base, tenant).get(path, headers)).status);
    assert.deepEqual(statuses, [400, 400, 404]);
    await waitUntil("the line arrives", () => loki.entries.some(({ line }) => line.correlation_id === "push-me"));
    const [pushed, ...others] = loki.entries.filter(({ line }) => line.correlation_id === "push-me");
    assert.deepEqual(others, []);
    assert.deepEqual(
      [pushed?.tenant, pushed?.labels],
      [String(OTHER_TENANT), { service: "wallet", env: "test", version: "1.2.3" }],
    );
    assert.deepEqual([pushed?.line.status, pushed?.line.trace_id], [404, TRACE]);
  });

  it("counts a repeated request once in the business metrics (SHOP-4)", async () => {
    const client = walletClient(wallet.base);
    const count = async (name: string) => {
      const { body } = await client.get("/metrics");
      const line = (body as string).split("\n").find((one) => one.startsWith(`${name}{`));
      return Number(line?.split(" ").at(-1) ?? 0);
    };
    const names = ["accounts_opened", "deposits", "deposited_cents", "bets_placed", "staked_cents", "bets_refused"];
    const all = () => Promise.all(names.map((name) => count(`wallet_${name}_total`)));
    const before = await all();
    const account = await client.account(1000);
    const key = { "idempotency-key": `once-${account}` };
    assert.deepEqual(
      [(await client.bet(account, 300, key)).status, (await client.bet(account, 300, key)).status],
      [201, 201],
    );
    assert.equal((await client.bet(account, 5000)).status, 409);
    const after = await all();
    assert.deepEqual(
      after.map((value, index) => value - before[index]!),
      [1, 1, 1000, 1, 300, 1],
    );
  });
});
