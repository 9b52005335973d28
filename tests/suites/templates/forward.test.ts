import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { languages } from "../../../templates/template.ts";
import { waitUntil } from "../../support/eventually.ts";
import { readTopic } from "../../support/services/records.ts";
import { buildTemplate, values } from "./builds.ts";
import { eventOf, noticesOf, TENANT, TRACE, TRACEPARENT, writeEvent } from "./events.ts";
import { canRunLanguage, readsEvents } from "./languages.ts";
import { preparePlatform } from "./platform.ts";
import { startService, waitUntilHealthy } from "./running-service.ts";

interface Forwarded {
  headers: IncomingHttpHeaders;
  body: unknown;
}

describe("a template service that forwards notices (INF-14, OBS-5)", () => {
  for (const language of languages.filter(readsEvents))
    it(`${language}: asks again while the other service is away, and gives up what it refuses`, async function () {
      if (!(await canRunLanguage(language))) return this.skip();
      const ground = await preparePlatform(`V1_SYSTEM_FORWARD_${language.toUpperCase()}`);
      const target = await startTarget([503, 201, 422, 201]);
      const environment = { ...ground.environment, FORWARD_URL: target.url };
      const service = await waitUntilHealthy(await startService(await buildTemplate(language), environment));
      try {
        for (const text of ["first", "refused", "last"])
          await writeEvent(ground, eventOf(text), { correlation_id: "forward-1", traceparent: TRACEPARENT });
        await waitUntil("the last is there", async () => (await noticesOf(service))[0] === "last", Boolean, 20_000);
        assert.deepEqual(await noticesOf(service), ["last", "first"]);
        const texts = ["first", "first", "refused", "last"];
        assert.deepEqual(
          target.requests.map(({ body }) => body),
          texts.map((text) => ({ type: "DISK_FULL", text })),
        );
        for (const { headers } of target.requests) {
          assert.deepEqual([headers["x-tenant-id"], headers["x-correlation-id"]], [String(TENANT), "forward-1"]);
          assert.match(String(headers.traceparent), new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
        }
        const records = { client: ground.client, registry: { url: ground.registryUrl } };
        const [dead] = await readTopic(records, ground.deadLetters, (seen) => seen.length > 0, false);
        assert.match(dead!.headers.dead_letter_reason!, /answered 422/);
        assert.equal(dead!.headers.dead_letter_group, values.name);
      } finally {
        service.signal("SIGTERM");
        await service.ended;
        await target.close();
        await ground.close();
      }
    });
});

/** Answers each request with the next status. */
async function startTarget(statuses: number[]) {
  const requests: Forwarded[] = [];
  const server = createServer(async (request, response) => {
    const body = await json(request);
    response.statusCode = statuses[requests.length] ?? 500;
    requests.push({ headers: request.headers, body });
    response.end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
}
