import assert from "node:assert/strict";
import { type Language, languages } from "../../../templates/template.ts";
import { waitUntil } from "../../support/eventually.ts";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "../../support/kit/otlp-receiver.ts";
import { buildTemplate } from "./builds.ts";
import { TENANT } from "./events.ts";
import { notice, tenant } from "./http-contract.ts";
import { canRunLanguage } from "./languages.ts";
import { preparePlatform, type TemplatePlatform } from "./platform.ts";
import { type RunningService, startService, waitUntilHealthy } from "./running-service.ts";

const KINDS = ["", "internal", "server", "client", "producer", "consumer"];
const CORRELATION = "one-trace-1";

/** The spans of the request, each below its parent: service, kind, name. */
const CHAIN = [
  "crier-node server POST /api/v1/notices",
  "crier-node producer send V1_SYSTEM_HOP",
  "crier-go consumer process V1_SYSTEM_HOP",
  "crier-go client POST",
  "crier-python server POST /api/v1/notices",
  "crier-python producer send V1_SYSTEM_END",
  "crier-python consumer process V1_SYSTEM_END",
  "crier-python client POST",
  "crier-php server POST /api/v1/notices",
];

describe("one trace through Node, Kafka, Go, HTTP, Python, Kafka, HTTP and PHP (SHOP-6, OBS-5)", function () {
  this.timeout(120_000);
  const services = new Map<Language, RunningService>();
  const grounds: TemplatePlatform[] = [];
  let receiver: OtlpReceiver;

  async function start(language: Language, environment: Record<string, string>): Promise<RunningService> {
    const settings = {
      SERVICE_NAME: `crier-${language}`,
      VERSION: "1.2.3",
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    };
    const service = await startService(await buildTemplate(language), { ...settings, ...environment });
    services.set(language, await waitUntilHealthy(service));
    await waitUntil(`${language} is ready`, async () => (await service.call("GET", "/ready")).status === 200);
    return service;
  }

  before(async function () {
    for (const language of languages) if (!(await canRunLanguage(language))) return this.skip();
    receiver = await startOtlpReceiver();
    const [hop, end] = [await preparePlatform("V1_SYSTEM_HOP"), await preparePlatform("V1_SYSTEM_END")];
    grounds.push(hop, end);
    const php = await start("php", {});
    const python = await start("python", { ...end.environment, FORWARD_URL: `http://127.0.0.1:${php.port}` });
    await start("go", { ...hop.environment, FORWARD_URL: `http://127.0.0.1:${python.port}` });
    const node = await start("node", hop.environment);
    const headers = { ...tenant, "x-correlation-id": CORRELATION };
    const { status } = await node.call("POST", "/api/v1/notices", { headers, body: notice });
    assert.equal(status, 201);
    await waitUntil("every hop has exported its spans", () => CHAIN.every((one) => received(one)), Boolean, 20_000);
  });
  after(async () => {
    for (const service of services.values()) {
      service.signal("SIGTERM");
      assert.deepEqual(await service.ended, [0, null]);
    }
    await receiver?.close();
    for (const ground of grounds) await ground.close();
  });

  const describeSpan = ({ service, kind, name }: ReceivedSpan) => `${service} ${KINDS[kind]} ${name}`;
  const received = (wanted: string) => receiver.spans.find((span) => describeSpan(span) === wanted);

  it("begins at the first service and leads each span to its parent", () => {
    const [root, ...rest] = CHAIN.map((one) => received(one)!);
    assert.equal(root!.parentSpanId || "", "");
    let parent = root!;
    for (const span of rest) {
      assert.equal(span.parentSpanId, parent.spanId, describeSpan(span));
      assert.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano), describeSpan(span));
      parent = span;
    }
  });

  it("has one id and one tenant in every span, and no span besides but of those who read the same event", () => {
    const trace = received(CHAIN[0]!)!.traceId;
    assert.match(trace, /^[0-9a-f]{32}$/);
    const others = receiver.spans.map(describeSpan).filter((one) => !CHAIN.includes(one));
    assert.deepEqual(others, ["crier-node consumer process V1_SYSTEM_HOP"]);
    for (const span of receiver.spans)
      assert.deepEqual([span.traceId, span.attributes["tenant.id"]], [trace, TENANT], describeSpan(span));
  });

  it("describes the calls between the services as OpenTelemetry does", () => {
    for (const [call, to] of [
      ["crier-go client POST", "python"],
      ["crier-python client POST", "php"],
    ] as const)
      assert.deepEqual(received(call)!.attributes, {
        "http.request.method": "POST",
        "http.response.status_code": 201,
        "server.address": "127.0.0.1",
        "url.full": `http://127.0.0.1:${services.get(to)!.port}/api/v1/notices`,
        "tenant.id": TENANT,
      });
  });

  for (const [language, msg, span] of [
    ["node", "request", CHAIN[0]!],
    ["go", "event", CHAIN[2]!],
    ["python", "request", CHAIN[4]!],
    ["python", "event", CHAIN[6]!],
    ["php", "request", CHAIN[8]!],
  ] as const)
    it(`is named, with its span, tenant and correlation id, by the ${msg} line of ${language}`, async () => {
      const lineOf = () =>
        services
          .get(language)!
          .log()
          .find((line) => line.msg === msg);
      await waitUntil("the line", () => lineOf() !== undefined);
      const { trace_id, span_id, tenant_id, correlation_id } = lineOf()!;
      const { traceId, spanId } = received(span)!;
      assert.deepEqual([trace_id, span_id, tenant_id, correlation_id], [traceId, spanId, TENANT, CORRELATION]);
    });
});
