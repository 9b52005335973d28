import assert from "node:assert/strict";
import { RegistryState } from "@plinth/local/schema-registry/state.ts";
import { isSurelyCompatible } from "@plinth/local/schema-registry/version-index.ts";
import {
  COMPATIBILITY_LEVELS,
  type CompatibilityLevel,
  checkCompatibility,
} from "@plinth/schemas/avro/compatibility.ts";
import { AvroError, type Schema } from "@plinth/schemas/avro/model.ts";
import { parseSchema } from "@plinth/schemas/avro/parse.ts";
import { randomSchema } from "../../../support/avro/generator.ts";
import { evolveSchema } from "../../../support/avro/mutation.ts";
import { Random } from "../../../support/random.ts";
import { startMemoryRegistry } from "../../../support/servers/memory-registry.ts";

describe("schema registry: an index of a subject's versions", () => {
  it("never calls a schema compatible that is not, and mostly knows those that are", () => {
    const random = new Random(20261128);
    const counts = { compatible: 0, known: 0, incompatible: 0 };
    for (let subject = 0; subject < 1500; subject++) {
      const state = new RegistryState();
      const first = { type: "record", name: "R", fields: [{ name: "f", type: randomSchema(random) }] };
      const versions = Array.from({ length: 9 }, () => evolveSchema(random, first, random.below(3))).flatMap(valid);
      if (versions.length < 9) continue;
      for (const [index, { text }] of versions.slice(0, 8).entries()) state.apply(version("s", index + 1, text));
      for (const level of COMPATIBILITY_LEVELS.filter((name) => name.endsWith("_TRANSITIVE")))
        judge(state, level, versions, counts);
    }
    assert.ok(counts.incompatible > 500 && counts.known > 300, JSON.stringify(counts));
    assert.ok(counts.known > counts.compatible / 2, JSON.stringify(counts));
  });

  it("lets the last of many versions cost what one of the first did", async function () {
    this.timeout(60_000);
    const registry = await startMemoryRegistry();
    await registry.send("PUT", "/config/s", { compatibility: "FULL_TRANSITIVE" });
    const fields = Array.from({ length: 20 }, (_, index) => ({
      name: `f${index}`,
      type: ["null", "string"],
      default: null,
    }));
    const seconds = async (from: number) => {
      const startedAt = performance.now();
      for (let index = from; index < from + 100; index++) {
        const schema = JSON.stringify({ type: "record", name: "R", doc: `${index}`, fields });
        const answer = await fetch(`${registry.url}/subjects/s/versions`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ schema }),
        });
        assert.equal(answer.status, 200);
        await answer.json();
      }
      return (performance.now() - startedAt) / 1000;
    };
    try {
      await seconds(0);
      const first = await seconds(100);
      for (let from = 200; from < 800; from += 100) await seconds(from);
      const last = await seconds(800);
      // Before, each of them was parsed and compared again: 100 took 7 times as long, and beyond
      // 512 fifty times.
      assert.ok(last < 4 * first + 0.5, `100 versions took ${first} s at first and ${last} s in the end`);
    } finally {
      await registry.stop();
    }
  });
});

function judge(
  state: RegistryState,
  level: CompatibilityLevel,
  versions: { text: string; schema: Schema }[],
  counts: Record<"compatible" | "known" | "incompatible", number>,
): void {
  const [candidate, earlier] = [versions[8]!.schema, versions.slice(0, 8).map(({ schema }) => schema)];
  const { compatible } = checkCompatibility(level, candidate, earlier);
  const known = isSurelyCompatible(state, "s", level, candidate, state.versions("s", "live"));
  assert.ok(compatible || !known, `${level} ${versions.map(({ text }) => text).join("\n")}`);
  counts[compatible ? "compatible" : "incompatible"]++;
  if (known) counts.known++;
}

function valid(json: unknown): { text: string; schema: Schema }[] {
  const text = JSON.stringify(json);
  try {
    return [{ text, schema: parseSchema(text) }];
  } catch (error) {
    if (error instanceof AvroError) return [];
    throw error;
  }
}

function version(subject: string, number: number, schema: string): Parameters<RegistryState["apply"]>[0] {
  const value = { subject, version: number, id: number, schema, schemaType: "AVRO", references: [], deleted: false };
  return { kind: "SCHEMA", subject, version: number, value };
}
