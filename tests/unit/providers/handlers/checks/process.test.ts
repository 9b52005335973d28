import assert from "node:assert/strict";
import { findProcessFailures } from "@plinth/providers/handlers/checks/process.ts";
import type { ProcessInputs } from "@plinth/providers/process.ts";
import { SLEEP_SCRIPT, shellSpec } from "../../../../support/supervisor/shell-spec.ts";

const inputs = (more: Partial<ProcessInputs> = {}): ProcessInputs => ({
  ...shellSpec("/data", SLEEP_SCRIPT),
  supervisor: "/data",
  process: "one",
  incident: "",
  ...more,
});

describe("the check of a process's specification", () => {
  it("accepts one without mistakes", () => assert.deepEqual(findProcessFailures(inputs()), []));

  it("reports every mistake", () =>
    assert.equal(findProcessFailures(inputs({ cwd: "data", readyTimeoutSeconds: -1, command: "" })).length, 3));

  for (const [name, wrong, reason] of [
    [
      "a port out of range",
      { ports: { http: 70_000 } },
      "process 'one': 'ports.http' is 70000, but must be a whole number from 1 to 65535",
    ],
    ["a port twice", { ports: { http: 80, admin: 80 } }, "process 'one': ports 'http' and 'admin' are both 80"],
    ["a relative folder", { cwd: "data" }, "process 'one': 'cwd' is \"data\", but must be an absolute path"],
    ["a relative file", { files: { "a.conf": "" } }, "process 'one': file 'a.conf' must be an absolute path"],
    [
      "a probe elsewhere",
      { ports: { http: 80 }, ready: { kind: "tcp", port: 81 } },
      "process 'one': its probe asks port 81, which is not one of its ports (80)",
    ],
    [
      "a relative probe path",
      { ports: { http: 80 }, ready: { kind: "http", port: 80, path: "x" } },
      "process 'one': 'ready.path' is \"x\", but must be a path that begins with '/'",
    ],
    [
      "no deadline",
      { readyTimeoutSeconds: 0 },
      "process 'one': 'readyTimeoutSeconds' is 0, but must be a number above 0",
    ],
    [
      "the supervisor's name",
      { process: "supervisor" },
      "process 'supervisor': 'process' is \"supervisor\", but must be 1 to 63 of a-z 0-9 . - and not 'supervisor'",
    ],
  ] as [string, Partial<ProcessInputs>, string][]) {
    it(`refuses ${name}, without naming a property, whose value the engine would print`, () => {
      assert.deepEqual(findProcessFailures(inputs(wrong)), [{ property: "", reason }]);
    });
  }

  it("skips values that a preview does not know", () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const news = {
      ...inputs(),
      environment: unknown,
      ports: unknown,
      ready: unknown,
      init: unknown,
      files: unknown,
    } as unknown as ProcessInputs;
    assert.deepEqual(findProcessFailures(news), []);
    const partly = { ports: { http: 80, admin: unknown }, ready: { kind: "tcp", port: 81 } } as never;
    assert.deepEqual(findProcessFailures(inputs(partly)), []);
  });
});
