import assert from "node:assert/strict";
import { root } from "@plinth/local/locations.ts";
import { readService } from "../../../../components/service/descriptor.ts";
import { serviceProcess } from "../../../../components/service/process.ts";

describe("a service as a process", () => {
  it("has a minute to be ready, whether or not it is built before: one with a wrong path held 'make up' for a quarter of an hour", () => {
    const wallet = readService(root, "services/wallet");
    const plain = serviceProcess(wallet, 8082);
    const built = serviceProcess({ ...wallet, standalone: true, build: [["make"]] }, 8082);
    assert.deepEqual([plain.readyTimeoutSeconds, built.readyTimeoutSeconds], [60, 60]);
    assert.equal(built.init.length, 1);
  });
});
