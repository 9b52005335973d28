import assert from "node:assert/strict";
import { root } from "@plinth/runtime/locations.ts";
import { serviceIn } from "../../components/descriptor.ts";
import { serviceProcess } from "../../components/process/microservice.ts";

describe("a service as a process", () => {
  it("has a minute to be ready, whether or not it is built before: one with a wrong path held 'make up' for a quarter of an hour", () => {
    const wallet = serviceIn(root, "services/wallet");
    const plain = serviceProcess(wallet, 8082);
    const built = serviceProcess({ ...wallet, standsAlone: true, build: [["make"]] }, 8082);
    assert.deepEqual([plain.readyTimeoutSeconds, built.readyTimeoutSeconds], [60, 60]);
    assert.equal(built.init.length, 1);
  });
});
