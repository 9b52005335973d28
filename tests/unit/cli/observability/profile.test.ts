import assert from "node:assert/strict";
import { profileTools, readProfile, stackTools } from "../../../../cli/observability/profile.ts";

describe("PROFILE of 'make up' (PIN-12)", () => {
  it("is light or full, or not given", () => {
    assert.equal(readProfile("local", ["PROFILE=light"]), "light");
    assert.equal(readProfile("local", ["PROFILE=full"]), "full");
    assert.equal(readProfile("local", []), undefined);
    assert.equal(readProfile("local", ["PROFILE="]), undefined);
  });

  it("refuses another value in one sentence", () =>
    assert.throws(
      () => readProfile("local", ["PROFILE=medium"]),
      /^PROFILE .*'light' or 'full'.*medium|medium.*'light' or 'full'/,
    ));

  it("is refused for a stack in a cluster", () =>
    assert.throws(
      () => readProfile("dev", ["PROFILE=full"]),
      /PROFILE=full is for stacks of processes, but 'dev' is in a cluster/,
    ));

  it("needs Jaeger and Alertmanager in full only", () => {
    assert.deepEqual(
      profileTools("local", "full").map(({ name }) => name),
      ["Alertmanager", "Jaeger"],
    );
    assert.deepEqual(profileTools("local", "light"), []);
  });

  it("needs no store where the stack has no observability, and only the engine in a cluster", () => {
    const names = (...given: Parameters<typeof stackTools>) => stackTools(...given).map(({ name }) => name);
    const stores = ["VictoriaLogs", "VictoriaMetrics"];
    assert.deepEqual(
      names("local", "full", false).filter((name) => [...stores, "Jaeger"].includes(name)),
      [],
    );
    assert.deepEqual(
      names("local", "light", true).filter((name) => stores.includes(name)),
      stores,
    );
    assert.deepEqual(names("dev"), ["Node", "Pulumi"]);
  });
});
