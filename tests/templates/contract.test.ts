import assert from "node:assert/strict";
import { languages } from "../../templates/template.ts";
import { until } from "../support/eventually.ts";
import { build, values } from "./builds.ts";
import { eventContract, returnContract } from "./event-contract.ts";
import { prepareGround } from "./ground.ts";
import { httpContract, stopContract } from "./http-contract.ts";
import { canRun, readsEvents } from "./languages.ts";
import type { ProvenWithEvents } from "./proven.ts";
import { start, whenHealthy } from "./running.ts";

/** What a service in any language promises to the platform, shown on processes that run as `make up` runs them. */
for (const language of languages) {
  describe(`the ${language} template (INF-14, SDG-1..7)`, () => {
    const at = {} as ProvenWithEvents;

    before(async function () {
      if (!(await canRun(language))) this.skip();
      at.built = await build(language);
      at.environment = { VERSION: "1.2.3" };
      if (readsEvents(language)) {
        at.ground = await prepareGround(`V1_SYSTEM_${language.toUpperCase()}`);
        Object.assign(at.environment, at.ground.environment);
      }
      at.service = await whenHealthy(await start(at.built, at.environment));
      await until("it is ready", async () => (await at.service.call("GET", "/ready")).status === 200);
    });
    after(() => at.ground?.close());

    httpContract(at);
    if (readsEvents(language)) {
      eventContract(at);
      stopContract(at, async () => assert.deepEqual(await at.ground.members(values.name), []));
      returnContract(at);
    } else {
      stopContract(at);
    }
  });
}
