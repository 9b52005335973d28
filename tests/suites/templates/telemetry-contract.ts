import assert from "node:assert/strict";
import * as kit from "@plinth/kit/telemetry/attributes.ts";
import { waitUntil } from "../../support/eventually.ts";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "../../support/kit/otlp-receiver.ts";
import { values } from "./builds.ts";
import { TENANT } from "./events.ts";
import { notice, tenant } from "./http-contract.ts";
import { readsEvents } from "./languages.ts";
import { METRICS_PREFIX, metricsContract, TRACE } from "./metrics-contract.ts";
import { type RunningService, startService, waitUntilHealthy } from "./running-service.ts";
import type { TemplateSubject } from "./subject.ts";

const CALLER = "00f067aa0ba902b7";
const [SERVER, PRODUCER, CONSUMER] = [2, 4, 5];
const LINE_FIELDS = [
  "level",
  "time",
  "service",
  "version",
  "correlation_id",
  "trace_id",
  "span_id",
  "tenant_id",
  "msg",
];
const REQUEST_FIELDS = [...LINE_FIELDS, "method", "route", "status", "duration_ms"];

/**
 * Logs, metrics and spans of a service in any language: the same for all, by the contract that the
 * kit's services keep.
 */
export function telemetryContract(at: TemplateSubject, topic: () => string): void {
  describe("its telemetry", () => {
    let receiver: OtlpReceiver;
    let service: RunningService;
    const name = `${values.name}-traced`;

    const spanNamed = (wanted: string, trace = TRACE) =>
      receiver.spans.find((span) => span.name === wanted && span.traceId === trace);
    async function received(wanted: string, trace?: string): Promise<ReceivedSpan> {
      await waitUntil(`a span '${wanted}'`, () => spanNamed(wanted, trace) !== undefined);
      return spanNamed(wanted, trace)!;
    }
    const isEventful = () => readsEvents(at.built.language);

    before(async () => {
      receiver = await startOtlpReceiver();
      service = await waitUntilHealthy(
        await startService(at.built, {
          ...at.environment,
          // Another group: the running service holds the topic's only partition in its group.
          SERVICE_NAME: name,
          METRICS_PREFIX,
          OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
          OTEL_TRACES_SAMPLER_ARG: "0",
          OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=template-test",
        }),
      );
      await waitUntil("it is ready", async () => (await service.call("GET", "/ready")).status === 200);
      const headers = {
        ...tenant,
        traceparent: `00-${TRACE}-${CALLER}-01`,
        tracestate: "vendor=1",
        "x-correlation-id": "telemetry-1",
      };
      const { status } = await service.call("POST", "/api/v1/notices", { headers, body: notice });
      assert.equal(status, 201);
    });
    after(async () => {
      service.signal("SIGTERM");
      assert.deepEqual(await service.ended, [0, null]);
      await receiver.close();
    });

    it("names the span of a request by method and route, with the contract's attributes (SHOP-6, OBS-5)", async () => {
      const span = await received("POST /api/v1/notices");
      assert.deepEqual([span.kind, span.parentSpanId, span.status.code || 0], [SERVER, CALLER, 0]);
      assert.equal(span.traceState, "vendor=1");
      assert.deepEqual(span.attributes, {
        [kit.HTTP_REQUEST_METHOD]: "POST",
        [kit.HTTP_RESPONSE_STATUS_CODE]: 201,
        [kit.HTTP_ROUTE]: "/api/v1/notices",
        [kit.URL_SCHEME]: "http",
        [kit.TENANT_ID]: TENANT,
      });
      assert.deepEqual([span.resource[kit.SERVICE_NAME], span.resource[kit.SERVICE_VERSION]], [name, "1.2.3"]);
      assert.equal(span.resource["deployment.environment.name"], "template-test");
      assert.deepEqual(
        [...receiver.posts].map((post) => post.split(" ", 2).join(" ")),
        ["POST /v1/traces"],
      );
    });

    it("joins the event that it sends and its handling to that trace (SHOP-6, OBS-5)", async function () {
      if (!isEventful()) return this.skip();
      const messaging = (operation: string) => ({
        [kit.MESSAGING_SYSTEM_NAME]: "kafka",
        [kit.MESSAGING_OPERATION_NAME]: operation,
        [kit.MESSAGING_OPERATION_TYPE]: operation,
        [kit.MESSAGING_DESTINATION_NAME]: topic(),
        [kit.TENANT_ID]: TENANT,
      });
      const request = await received("POST /api/v1/notices");
      const sent = await received(`send ${topic()}`);
      assert.deepEqual([sent.kind, sent.parentSpanId], [PRODUCER, request.spanId]);
      assert.deepEqual(sent.attributes, messaging("send"));
      const handled = await received(`process ${topic()}`);
      assert.deepEqual([handled.kind, handled.parentSpanId], [CONSUMER, sent.spanId]);
      assert.equal(handled.traceState, "vendor=1");
      const group = { [kit.MESSAGING_CONSUMER_GROUP_NAME]: name };
      assert.deepEqual(handled.attributes, { ...messaging("process"), ...group });
    });

    it("records what the caller recorded, and else the share that OTEL_TRACES_SAMPLER_ARG names (OBS-5)", async () => {
      const unsampled = "11111111111111111111111111111111";
      const sampled = "22222222222222222222222222222222";
      await service.call("GET", "/api/v1/notices", { headers: tenant });
      for (const traceparent of [`00-${unsampled}-${CALLER}-00`, `00-${sampled}-${CALLER}-01`])
        await service.call("GET", "/api/v1/notices", { headers: { ...tenant, traceparent } });
      await received("GET /api/v1/notices", sampled);
      const traces = receiver.spans.filter(({ name }) => name === "GET /api/v1/notices").map(({ traceId }) => traceId);
      assert.deepEqual(traces, [sampled]);
      assert.ok(!receiver.spans.some((span) => /health|metrics|ready/.test(span.name)), "no span of a probe");
    });

    it("writes the contract's fields in the line of a request, and of the event it handles (OBS-5)", async () => {
      const lineOf = (msg: string) =>
        service.log().find((line) => line.msg === msg && line.correlation_id === "telemetry-1");
      await waitUntil("the line of the request", () => lineOf("request") !== undefined);
      const request = lineOf("request")!;
      assert.deepEqual(Object.keys(request).sort(), [...REQUEST_FIELDS].sort());
      const span = await received("POST /api/v1/notices");
      const { level, time, duration_ms, ...rest } = request;
      assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.equal(typeof duration_ms, "number");
      assert.deepEqual(
        { level, ...rest },
        {
          level: "info",
          service: name,
          version: "1.2.3",
          correlation_id: "telemetry-1",
          trace_id: TRACE,
          span_id: span.spanId,
          tenant_id: TENANT,
          msg: "request",
          method: "POST",
          route: "/api/v1/notices",
          status: 201,
        },
      );
      if (!isEventful()) return;
      await waitUntil("the line of the event", () => lineOf("event") !== undefined);
      const handled = await received(`process ${topic()}`);
      const fields = [...LINE_FIELDS, "topic", "event_id", "event_type", "applied"];
      const event = lineOf("event")!;
      assert.deepEqual(Object.keys(event).sort(), fields.sort());
      assert.deepEqual([event.trace_id, event.span_id, event.tenant_id], [TRACE, handled.spanId, TENANT]);
    });

    metricsContract(at, () => service, name);

    it("keeps secrets and e-mail addresses of requests out of logs, spans and labels (OBS-8)", async () => {
      const trace = "33333333333333333333333333333333";
      const headers = {
        ...tenant,
        traceparent: `00-${trace}-${CALLER}-01`,
        authorization: "Bearer s3cret",
        cookie: "session=s3cret",
        "user-agent": "ann@example.org",
      };
      for (const path of ["/api/v1/notices?token=s3cret&email=ann@example.org", "/users/ann@example.org?key=s3cret"])
        await service.call("GET", path, { headers });
      await service.call("POST", "/api/v1/notices", {
        headers,
        body: '{"password":"s3cret","email":"ann@example.org"}',
      });
      await received("POST /api/v1/notices", trace);
      await received("GET", trace);
      const { text } = await service.call("GET", "/metrics");
      const told = [service.out, service.err, JSON.stringify(receiver.spans), text].join("\n");
      assert.doesNotMatch(told, /s3cret|ann@example/);
    });

    it("serves and stops as quickly while the receiver is away or does not answer (OBS-5)", async () => {
      const holding = await startOtlpReceiver({ hold: true });
      await Promise.all(
        [holding.endpoint, "http://127.0.0.1:9"].map(async (OTEL_EXPORTER_OTLP_ENDPOINT, index) => {
          const SERVICE_NAME = `${values.name}-untraced-${index}`;
          const environment = { ...at.environment, SERVICE_NAME, OTEL_EXPORTER_OTLP_ENDPOINT };
          const started = await waitUntilHealthy(await startService(at.built, environment));
          for (let n = 0; n < 20; n++) {
            const begun = Date.now();
            assert.equal((await started.call("GET", "/api/v1/notices", { headers: tenant })).status, 200);
            assert.ok(Date.now() - begun < 1000, `a request took ${Date.now() - begun} ms`);
          }
          const failures = () => started.log().filter(({ msg }) => msg === "traces cannot be exported").length;
          if (index === 1) await waitUntil("it says so", () => failures() > 0, Boolean, 10_000);
          const begun = Date.now();
          started.signal("SIGTERM");
          assert.deepEqual(await started.ended, [0, null], `${started.err}${started.out}`);
          assert.ok(Date.now() - begun < 5000, `stopping took ${Date.now() - begun} ms`);
          assert.ok(failures() <= 1, "one line, not one a batch");
        }),
      );
      await holding.close();
    });
  });
}
