import assert from "node:assert/strict";
import { languages } from "../../../templates/template.ts";
import { waitUntil } from "../../support/eventually.ts";
import { buildTemplate, values } from "./builds.ts";
import { eventContract, returnContract } from "./event-contract.ts";
import { httpContract, stopContract } from "./http-contract.ts";
import { canRunLanguage, readsEvents } from "./languages.ts";
import { preparePlatform } from "./platform.ts";
import { startService, waitUntilHealthy } from "./running-service.ts";
import type { TemplateSubjectWithEvents } from "./subject.ts";
import { telemetryContract } from "./telemetry-contract.ts";

/**
 * The contract of a service in any language, proved on processes that run as `make up` runs them.
 */
for (const language of languages) {
  describe(`the ${language} template (INF-14, SDG-1..7)`, () => {
    const at = {} as TemplateSubjectWithEvents;

    before(async function () {
      if (!(await canRunLanguage(language))) this.skip();
      at.built = await buildTemplate(language);
      at.environment = { VERSION: "1.2.3", ALLOWED_HOSTS: "localhost,shop.test" };
      if (readsEvents(language)) {
        at.ground = await preparePlatform(`V1_SYSTEM_${language.toUpperCase()}`);
        Object.assign(at.environment, at.ground.environment);
      }
      at.service = await waitUntilHealthy(await startService(at.built, at.environment));
      await waitUntil("it is ready", async () => (await at.service.call("GET", "/ready")).status === 200);
    });
    after(() => at.ground?.close());

    httpContract(at);
    telemetryContract(at, () => at.ground.topic);
    if (readsEvents(language)) {
      eventContract(at);
      stopContract(at, async () => assert.deepEqual(await at.ground.members(values.name), []));
      returnContract(at);
    } else {
      stopContract(at);
    }
  });
}
