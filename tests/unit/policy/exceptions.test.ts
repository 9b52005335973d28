import assert from "node:assert/strict";
import { evaluate } from "@plinth/policy/evaluate.ts";
import { ANNOTATION } from "@plinth/policy/exceptions.ts";
import type { DeclaredResource } from "@plinth/policy/policy.ts";
import { compliantStack, deployment } from "../../support/compliant-stack.ts";

const production = { production: true, marksSecrets: true };

/** The good stack, its workload carrying a token for the API server and an exception. */
function violations(
  exception: string,
  change: Record<string, unknown> = { automountServiceAccountToken: true },
): string[] {
  const excused: DeclaredResource = deployment(change, { annotations: { [ANNOTATION]: exception } });
  const stack = compliantStack().map((resource) => (resource.type === excused.type ? excused : resource));
  return evaluate(stack, production).map(({ policy, name, message }) => `${policy}: ${name}: ${message}`);
}

describe("exceptions from policies (PLT-8)", () => {
  it("excuse the policy that they name and no other", () => {
    assert.deepEqual(violations("service-account: it asks the API server who leads"), []);
    assert.match(
      violations("service-account: it asks the API server who leads", {
        automountServiceAccountToken: true,
        hostPID: true,
      }).join(),
      /^non-root: api: .*hostPID/,
    );
  });

  it("may be several, parted by semicolons or lines, with colons in their reasons", () => {
    const both = { automountServiceAccountToken: true, hostPID: true };
    assert.deepEqual(
      violations("service-account: asks who leads; non-root: watches processes, see docs: node", both),
      [],
    );
    assert.deepEqual(violations("service-account: asks who leads\nnon-root: watches the node's processes\n", both), []);
  });

  it("excuse nothing without a reason, and are refused themselves", () => {
    for (const exception of ["service-account", "service-account:", "service-account: needed"]) {
      const found = violations(exception);
      assert.equal(found.length, 2);
      assert.match(
        found.join("\n"),
        /service-account: api: whoever breaks.*\nexceptions: api: its exception from 'service-account' gives no reason; write it as/,
      );
    }
  });

  it("are refused when there is no such policy", () => {
    assert.match(
      violations("root: because it must be so", {}).join(),
      /^exceptions: api: its exception names the policy 'root', but there are only non-root, /,
    );
  });

  it("are refused when they excuse nothing any more", () => {
    assert.match(
      violations("service-account: it asked the API server once", {}).join(),
      /^exceptions: api: .* excuses nothing; remove it$/,
    );
  });
});
