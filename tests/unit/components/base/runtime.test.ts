import assert from "node:assert/strict";
import { offsetPort, onRuntime, type ProcessRuntime } from "../../../../components/base/runtime.ts";

const runtime: ProcessRuntime = { kind: "process", stack: "local", directory: "/data", portOffset: 100 };

describe("the runtime of a stack", () => {
  it("picks its branch", () =>
    assert.equal(onRuntime<string>(runtime, { process: ({ directory }) => directory, kubernetes: () => "" }), "/data"));

  it("moves ports by the offset of the stack", () => assert.equal(offsetPort(runtime, 5432), 5532));
});
