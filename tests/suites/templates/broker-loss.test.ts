import assert from "node:assert/strict";
import { type Language, languages } from "../../../templates/template.ts";
import { eventually, waitUntil } from "../../support/eventually.ts";
import { kafka } from "../../support/servers/servers.ts";
import { buildTemplate } from "./builds.ts";
import { eventOf, noticesOf, writeEvent } from "./events.ts";
import { notice, tenant } from "./http-contract.ts";
import { canRunLanguage, readsEvents } from "./languages.ts";
import { preparePlatform, type TemplatePlatform } from "./platform.ts";
import { type RunningService, startService, waitUntilHealthy } from "./running-service.ts";

/** Seconds until a client has noticed that the broker is back, on a busy machine. */
const BACK = 40;

describe("template services after a broker restart (INF-14, SDG-3, SDG-6)", () => {
  const services = new Map<Language, RunningService>();
  let ground: TemplatePlatform;

  before(async () => {
    ground = await preparePlatform("V1_SYSTEM_LOSS");
    for (const language of languages.filter(readsEvents)) {
      if (!(await canRunLanguage(language))) continue;
      // Each service has its group, so each reads every event.
      const environment = { ...ground.environment, SERVICE_NAME: `crier-${language}` };
      services.set(language, await waitUntilHealthy(await startService(await buildTemplate(language), environment)));
    }
    await writeEvent(ground, eventOf("before"));
    for (const [language, service] of services)
      await waitUntil(
        `${language} reads`,
        async () => (await noticesOf(service))[0] === "before",
        Boolean,
        BACK * 1000,
      );
    const broker = await kafka();
    await broker.kill();
    await Promise.all([...services].map(([language, service]) => standsAlone(language, service)));
    await broker.start();
    await eventually("the broker takes an event", () => writeEvent(ground, eventOf("after")).then(() => true), BACK);
  });
  after(async () => {
    for (const service of services.values()) {
      service.signal("SIGTERM");
      assert.deepEqual(await service.ended, [0, null]);
    }
    await ground.close();
  });

  for (const language of languages.filter(readsEvents)) {
    it(`${language} recovers without a restart`, async function () {
      const service = services.get(language);
      if (service === undefined) return this.skip();
      await waitUntil(
        "it is ready",
        async () => (await service.call("GET", "/ready")).status === 200,
        Boolean,
        BACK * 1000,
      );
      await waitUntil("it reads", async () => (await noticesOf(service)).includes("after"), Boolean, BACK * 1000);
      assert.deepEqual(
        (await noticesOf(service)).filter((text) => text === "before"),
        ["before"],
      );
      const { status } = await service.call("POST", "/api/v1/notices", { headers: tenant, body: notice });
      assert.equal(status, 201);
    });
  }
});

/** Alive, but not ready. */
async function standsAlone(language: Language, service: RunningService): Promise<void> {
  await waitUntil(
    `${language} is not ready`,
    async () => (await service.call("GET", "/ready")).body.checks.broker === "down",
  );
  assert.equal((await service.call("GET", "/health")).status, 200);
  const { status, body } = await service.call("POST", "/api/v1/notices", { headers: tenant, body: notice });
  assert.deepEqual([status, body.error?.code], [503, "unavailable"], language);
}
