import assert from "node:assert/strict";
import { evaluate } from "@plinth/policy/evaluate.ts";
import { ANNOTATION } from "@plinth/policy/exceptions.ts";
import type { DeclaredResource } from "@plinth/policy/policy.ts";
import { compliantStack, deployment } from "../../support/policy/compliant-stack.ts";

const production = { production: true, marksSecrets: true };

/** A compliant stack, whose workload gets a token for the API server and an exception. */
function violations(
  exception: string,
  change: Record<string, unknown> = { automountServiceAccountToken: true },
): string[] {
  const excused: DeclaredResource = deployment(change, { annotations: { [ANNOTATION]: exception } });
  const stack = compliantStack().map((resource) => (resource.type === excused.type ? excused : resource));
  return evaluate(stack, production).map(({ policy, name, message }) => `${policy}: ${name}: ${message}`);
}

describe("exceptions from policies (PLT-8)", () => {
  it("excuse only the policy that they name", () => {
    assert.deepEqual(violations("service-account: it asks the API server who leads"), []);
    assert.match(
      violations("service-account: it asks the API server who leads", {
        automountServiceAccountToken: true,
        hostPID: true,
      }).join(),
      /^non-root: api: .*hostPID/,
    );
  });

  it("may be several, separated by semicolons or lines, with colons in their reasons", () => {
    const both = { automountServiceAccountToken: true, hostPID: true };
    assert.deepEqual(
      violations("service-account: asks who leads; non-root: watches processes, see docs: node", both),
      [],
    );
    assert.deepEqual(violations("service-account: asks who leads\nnon-root: watches the node's processes\n", both), []);
  });

  it("without a reason excuse nothing, and are refused themselves", () => {
    for (const exception of ["service-account", "service-account:", "service-account: needed"]) {
      const found = violations(exception);
      assert.equal(found.length, 2);
      assert.match(
        found.join("\n"),
        /service-account: api: an intruder.*\nexceptions: api: its exception from 'service-account' gives no reason; write it as/,
      );
    }
  });

  it("are refused for an unknown policy", () => {
    assert.match(
      violations("root: because it must be so", {}).join(),
      /^exceptions: api: its exception names the policy 'root', but there are only non-root, /,
    );
  });

  it("are refused when they excuse nothing", () => {
    assert.match(
      violations("service-account: it asked the API server once", {}).join(),
      /^exceptions: api: .* excuses nothing; remove it$/,
    );
  });
});
