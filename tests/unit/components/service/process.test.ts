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

  it("runs a service that stands alone in its folder, and builds it once for each revision", () => {
    const build: [string, ...string[]][] = [["go", "build", "-o", ".plinth/service", "."]];
    const spec = serviceProcess(
      { ...readService(root, "services/wallet"), command: [".plinth/service", "--quiet"], build, standalone: true },
      9000,
    );
    assert.match(spec.cwd, /services\/wallet$/);
    assert.deepEqual([spec.command, spec.args], [".plinth/service", ["--quiet"]]);
    assert.equal(spec.init.length, 1);
    assert.match(spec.init[0]!.creates, new RegExp(`services/wallet/\\.plinth/built-${spec.revision}$`));
    assert.deepEqual(JSON.parse(spec.init[0]!.args.at(-1)!), build);
  });

  it("gets the prefix of its metrics from the descriptor (PIN-9)", () => {
    const wallet = readService(root, "services/wallet");
    assert.equal(
      serviceProcess({ ...wallet, metricsPrefix: "pinstack_" }, 8082).environment?.METRICS_PREFIX,
      "pinstack_",
    );
    assert.ok(!("METRICS_PREFIX" in (serviceProcess(wallet, 8082).environment ?? {})));
  });
});
