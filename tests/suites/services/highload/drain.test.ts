import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { waitUntil } from "../../../support/eventually.ts";
import { processed } from "../../../support/services/highload-client.ts";
import { platform } from "../../../support/services/platform.ts";
import { createProcessOf } from "../../../support/services/service-process.ts";
import { requestsTo } from "../../../support/services/wallet-client.ts";

describe("the high-load service on SIGTERM (HLS-3, SDG-1)", () => {
  it("answers requests in flight, keeps every acknowledged event and exits with 0", async () => {
    const at = await platform();
    const [first, second] = [await createProcessOf(at, "highload"), await createProcessOf(at, "highload")];
    await first.start();
    await waitUntil("it is ready", async () => (await fetch(`${first.baseUrl}/ready`)).ok);
    const call = requestsTo(first.baseUrl);
    const acknowledged: string[] = [];
    let running = true;
    const clients = Array.from({ length: 8 }, async () => {
      while (running) {
        const answer = await call("POST", "/api/v1/events", { user_id: randomUUID(), type: "drain", data: "" }).catch(
          (error: Error) => error,
        );
        // A refused connection has sent no request; any other answer than 201 is a failure.
        if (answer instanceof Error) return;
        assert.equal(answer.status, 201);
        acknowledged.push(answer.body.id);
      }
    });
    await waitUntil("it is under load", () => acknowledged.length > 200);
    const code = await first.stop();
    running = false;
    await Promise.all(clients);
    assert.equal(code, 0, first.lines.slice(-5).join("\n"));
    await second.start();
    try {
      const after = requestsTo(second.baseUrl);
      for (const id of acknowledged) await processed(after, id);
    } finally {
      assert.equal(await second.stop(), 0);
    }
  });
});
