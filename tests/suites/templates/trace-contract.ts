import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { waitUntil } from "../../support/eventually.ts";
import { values } from "./builds.ts";
import { TRACE, TRACEPARENT } from "./events.ts";
import { notice, tenant } from "./http-contract.ts";
import { startService, waitUntilHealthy } from "./running-service.ts";
import type { TemplateSubjectWithEvents } from "./subject.ts";

/** Spans that a template exports where its environment names an OTLP endpoint. */
export function traceContract(at: TemplateSubjectWithEvents): void {
  it("exports the spans of a request, of the event it sends and of its processing by OTLP (SHOP-6)", async () => {
    const receiver = await startRawReceiver();
    const service = await waitUntilHealthy(
      await startService(at.built, {
        ...at.environment,
        // Another group: the running service holds the topic's only partition in its group.
        SERVICE_NAME: `${values.name}-traced`,
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
        OTEL_BSP_SCHEDULE_DELAY: "100",
        OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=template-test",
      }),
    );
    try {
      const headers = { ...tenant, traceparent: TRACEPARENT };
      await waitUntil("it is ready", async () => (await service.call("GET", "/ready")).status === 200);
      assert.equal((await service.call("POST", "/api/v1/notices", { headers, body: notice })).status, 201);
      const topic = at.ground.topic;
      for (const text of ["/api/v1/notices", `send ${topic}`, `process ${topic}`, values.name, "template-test"])
        await waitUntil(`a span with '${text}'`, () => receiver.received().includes(text));
      assert.ok(
        receiver.paths.every((path) => path === "POST /v1/traces"),
        receiver.paths.join(),
      );
      // OTLP's JSON writes the trace id in hexadecimal digits, its protobuf as 16 bytes.
      const bytes = Buffer.from(TRACE, "hex");
      assert.ok(receiver.received().includes(TRACE) || receiver.received().includes(bytes), "the caller's trace id");
      assert.ok(!receiver.received().includes("/health") && !receiver.received().includes("/metrics"), "no probes");
    } finally {
      service.signal("SIGTERM");
      await service.ended;
      await receiver.close();
    }
  });
}

async function startRawReceiver() {
  const bodies: Buffer[] = [];
  const paths: string[] = [];
  const server = createServer(async (request, response) => {
    paths.push(`${request.method} ${request.url}`);
    bodies.push(await buffer(request));
    response.setHeader("content-type", String(request.headers["content-type"])).end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    received: () => Buffer.concat(bodies),
    async close() {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
}
