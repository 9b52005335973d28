import assert from "node:assert/strict";
import { root } from "@plinth/local/locations.ts";
import { readService } from "../../../../components/service/descriptor.ts";
import { serviceProcess } from "../../../../components/service/process.ts";

describe("the process of a service", () => {
  it("has a minute to become ready, built or not, so that a wrong probe path does not hold 'make up' for longer", () => {
    const wallet = readService(root, "services/wallet");
    const plain = serviceProcess(wallet, 8082);
    const built = serviceProcess({ ...wallet, standalone: true, build: [["make"]] }, 8082);
    assert.deepEqual([plain.readyTimeoutSeconds, built.readyTimeoutSeconds], [60, 60]);
    assert.equal(built.init.length, 1);
  });
});
