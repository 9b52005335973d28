import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";

/**
 * The kinds that states from before the package `providers` name by their old path. The list is
 * literal: renaming a file must fail here, because such a state still asks for the old name.
 */
const KINDS = [
  "avro-schemas",
  "broker-count",
  "cache-tenants",
  "citus-drain",
  "citus-nodes",
  "cluster",
  "kafka-topics",
  "migrations",
  "process",
  "supervisor",
  "tenant-placements",
  "tenant-quotas",
  "tenants",
];

/** Resolves as the provider host does, from the folder of the program. */
const requireFromProgram = createRequire(join(root, "index.ts"));

describe("The state of a stack from an earlier tree", () => {
  for (const kind of KINDS)
    it(`finds the handler of ${kind} by its old path, in the same module`, () => {
      const { handler } = requireFromProgram(`@plinth/components/providers/handlers/${kind}.ts`);
      for (const method of ["check", "diff", "create", "read", "update", "delete"])
        assert.equal(typeof handler[method], "function", method);
      assert.equal(handler, requireFromProgram(`@plinth/providers/handlers/${kind}.ts`).handler);
    });
});
