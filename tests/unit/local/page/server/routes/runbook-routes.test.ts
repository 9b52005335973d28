import assert from "node:assert/strict";
import type { RunbookText } from "@plinth/local/page/model/api.ts";
import type { PageRequest } from "@plinth/local/page/server/http/router.ts";
import { createRunbookRoutes } from "@plinth/local/page/server/routes/runbook-routes.ts";

describe("the route of runbooks", () => {
  it("answers a page of docs/runbooks (OBS-6)", async () => {
    const { text } = (await read("service-down")) as RunbookText;
    assert.match(text, /^# ServiceDown/);
  });

  for (const name of ["no-such-page", "../README", "..%2FREADME", "service-down.md", "", "Service Down"])
    it(`answers 404 for '${name}', and reads nothing outside of the folder`, async () => {
      await assert.rejects(async () => read(name), /There is no runbook/);
    });
});

function read(name: string): unknown {
  const [route] = createRunbookRoutes();
  return route!.handle({ path: { name } } as unknown as PageRequest);
}
