import { strict as assert } from "node:assert";
import { AvroError, type Schema } from "@plinth/schemas/avro/model.ts";
import { parseSchema } from "@plinth/schemas/avro/parse.ts";
import { checkReaderWriter } from "@plinth/schemas/avro/reader-writer.ts";
import { createReader, createWriter } from "@plinth/schemas/codec/value-codec.ts";
import { checkServiceTypes } from "@plinth/schemas/gate/service-types.ts";
import { randomSchema } from "../../support/avro/generator.ts";
import { evolveSchema } from "../../support/avro/mutation.ts";
import { randomValue } from "../../support/avro/values.ts";
import { Random } from "../../support/random.ts";
import { JavaAvro, type JavaPair, javaUnavailableReason } from "./java-avro.ts";

const VALUES = 12_000;
const BATCH = 2000;
const SEED = Number(process.env.AVRO_SEED ?? 20261128);

interface Sample {
  pair: JavaPair;
  reader: Schema;
  /** What this codec makes of the value. */
  ours: unknown;
}

describe("values, compared with Java Avro's resolution", function () {
  this.timeout(120_000);
  let java: JavaAvro;

  before(function () {
    const missing = javaUnavailableReason();
    if (missing !== undefined) {
      console.warn(`NOT COMPARED WITH JAVA: ${missing}`);
      this.skip();
    }
    java = new JavaAvro();
  });

  after(() => java?.stop());

  it(`are the same for ${VALUES.toLocaleString("en")} generated ones, of the writer's version and of another (INF-7)`, async () => {
    const random = new Random(SEED);
    const counts = { same: 0, "Java cannot": 0 };
    const failures = new Map<string, number>();
    for (let judged = 0; judged < VALUES; judged += BATCH) {
      const samples = Array.from({ length: BATCH }, () => sample(random));
      const verdicts = await java.judge(samples.map(({ pair }) => pair));
      for (const [index, { resolved }] of verdicts.entries()) {
        const { pair, reader, ours } = samples[index]!;
        if (resolved.startsWith("!")) {
          const kind = resolved
            .replace(/[\w.]*(Alpha|Beta|Gamma|Delta|Eta|Zeta|toString)\w*|"[^"]*"/g, "…")
            .slice(0, 60);
          failures.set(kind, (failures.get(kind) ?? 0) + 1);
          counts["Java cannot"]++;
          continue;
        }
        const theirs = createReader(reader)(Buffer.from(resolved, "hex"));
        assert.deepEqual(ours, theirs, `seed ${SEED}:\n  ${pair.join("\n  ")}`);
        counts.same++;
      }
    }
    console.log(`      ${JSON.stringify(counts)} ${JSON.stringify([...failures])}`);
    assert.ok(counts.same > VALUES * 0.9, JSON.stringify([...failures]));
  });
});

/** A pair of versions that the gate passes, and a value. */
function sample(random: Random): Sample {
  for (;;) {
    const json = randomSchema(random);
    const texts = [json, evolveSchema(random, json, random.below(3))].map((one) => JSON.stringify(one));
    const [older, newer] = texts.map(passed);
    if (older === undefined || newer === undefined || checkReaderWriter(newer, older).length > 0) continue;
    const bytes = createWriter(older)(randomValue(random, older));
    return {
      pair: [texts[1]!, texts[0]!, bytes.toString("hex")],
      reader: newer,
      ours: createReader(newer, older)(bytes),
    };
  }
}

function passed(text: string): Schema | undefined {
  try {
    const schema = parseSchema(text, { strictNames: true });
    return checkServiceTypes(schema).length === 0 ? schema : undefined;
  } catch (error) {
    if (error instanceof AvroError) return undefined;
    throw error;
  }
}
