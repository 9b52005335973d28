import { strict as assert } from "node:assert";
import { canonicalString, parsingCanonicalForm } from "@plinth/schemas/avro/canonical.ts";
import { AvroError, type AvroRule, type Schema } from "@plinth/schemas/avro/model.ts";
import { parseSchema } from "@plinth/schemas/avro/parse.ts";
import { checkReaderWriter } from "@plinth/schemas/avro/reader-writer.ts";
import { randomSchema } from "../../support/avro/generator.ts";
import { corruptSchema, evolveSchema } from "../../support/avro/mutation.ts";
import { Random } from "../../support/random.ts";
import { JavaAvro, type JavaVerdict, javaUnavailableReason } from "./java-avro.ts";

const PAIRS = 120_000;
const BATCH = 2000;
const SEED = Number(process.env.AVRO_SEED ?? 20261121);

/**
 * Rules of this parser that Java Avro 1.12 lacks, each with the specification's sentence. Both must
 * agree on everything else.
 */
const STRICTER: Partial<Record<AvroRule, string>> = {
  "undefined-name": "a name must be defined before it is used; Java resolves names that are defined later in the text",
  redefinition: "a schema may not define a full name twice; Java lets an equal second definition pass",
  "default-text":
    "defaults of bytes, fixed, enum and floats that no decoder can use; Java asks only that they are strings, or parses the text",
  "enum-default": "an enum's default is a symbol; Java takes anything but text for none",
  order: "order is one of three lower-case words; Java ignores the case",
  namespace: "namespace is a string; Java takes anything else for none",
  alias: "aliases are names; Java does not look at a field's, nor at an alias's namespace",
  doc: "doc is a string; Java takes anything else for none",
};

/** Schemas that Java refuses although the specification allows them. */
const JAVA_CANNOT: [RegExp, string][] = [
  [
    /Schema fields not set yet/,
    "judge a default against a record whose definition is not complete, such as the one it stands in",
  ],
];

describe("Avro verdicts, compared with Java Avro's SchemaCompatibility", function () {
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

  it(`agree on ${PAIRS.toLocaleString("en")} generated pairs, in validity, kind and place of each incompatibility, and canonical text (INF-7)`, async () => {
    const random = new Random(SEED);
    const counts: Record<string, number> = {};
    const count = (what: string) => {
      counts[what] = (counts[what] ?? 0) + 1;
    };
    const differences: string[] = [];
    let answers: Promise<JavaVerdict[]> | undefined;
    let asked: [string, string][] = [];
    const settle = async () => {
      for (const [index, verdict] of ((await answers) ?? []).entries()) {
        const [reader, writer] = asked[index] as [string, string];
        const difference = compare(reader, writer, verdict, count);
        if (difference !== undefined) differences.push(`${difference}\n  reader ${reader}\n  writer ${writer}`);
      }
    };
    // Java judges one batch while this process compares the last one and generates the next.
    for (let generated = 0; generated < PAIRS; generated += BATCH) {
      const pairs = Array.from({ length: BATCH }, () => pair(random));
      const next = java.judge(pairs);
      await settle();
      [answers, asked] = [next, pairs];
    }
    await settle();
    console.log(`      ${JSON.stringify(counts)}`);
    assert.equal(
      differences.length,
      0,
      `${differences.length} differences with seed ${SEED}, such as\n${differences.slice(0, 8).join("\n")}`,
    );
    // The comparison proves something only if it sees many of each kind.
    for (const kind of [
      "compatible",
      "NAME_MISMATCH",
      "FIXED_SIZE_MISMATCH",
      "MISSING_ENUM_SYMBOLS",
      "READER_FIELD_MISSING_DEFAULT_VALUE",
      "TYPE_MISMATCH",
      "MISSING_UNION_BRANCH",
      "AMBIGUOUS_FIELD",
      "refused",
    ]) {
      assert.ok((counts[kind] ?? 0) >= 100, `only ${counts[kind] ?? 0} pairs were ${kind}`);
    }
  });
});

function pair(random: Random): [string, string] {
  const schema = randomSchema(random);
  const other = random.chance(0.1) ? randomSchema(random) : evolveSchema(random, schema, random.below(4));
  const [reader, writer] = random.chance(0.5) ? [schema, other] : [other, schema];
  const damaged = random.chance(0.08) ? corruptSchema(random, reader) : reader;
  return [JSON.stringify(damaged), JSON.stringify(writer)];
}

/** The first difference that no rule explains, or undefined. */
function compare(
  readerText: string,
  writerText: string,
  java: JavaVerdict,
  count: (what: string) => void,
): string | undefined {
  const [reader, writer] = [parsed(readerText), parsed(writerText)];
  for (const [ours, theirs] of [
    [reader, java.readerFault],
    [writer, java.writerFault],
  ] as const) {
    const difference = validity(ours, theirs, count);
    if (difference !== undefined) return difference;
  }
  if (reader instanceof AvroError || writer instanceof AvroError || java.found === undefined) return undefined;
  if (canonicalString(reader) !== java.canonical)
    return `canonical text: Java ${java.canonical}, ours ${canonicalString(reader)}`;
  if (parsingCanonicalForm(reader) !== java.parsingForm)
    return `parsing form: Java ${java.parsingForm}, ours ${parsingCanonicalForm(reader)}`;
  const found = checkReaderWriter(reader, writer);
  for (const { type } of found) count(type);
  if (found.length === 0) count("compatible");
  const [ours, theirs] = [found.map(({ type, path }) => `${type}@${path}`).join(" "), java.found.join(" ")];
  // Java throws if a reader's field matches two of the writer's. A verdict that names the field is
  // more useful.
  if (theirs === "THROWS" && found[0]?.type === "AMBIGUOUS_FIELD") return undefined;
  return ours === theirs ? undefined : `verdict: Java [${theirs}], ours [${ours}]`;
}

function validity(ours: Schema | AvroError, theirs: string, count: (what: string) => void): string | undefined {
  if (!(ours instanceof AvroError)) {
    const known = JAVA_CANNOT.some(([fault]) => fault.test(theirs));
    if (known) count("Java cannot");
    return theirs === "" || known ? undefined : `Java refuses (${theirs}), we do not`;
  }
  count("refused");
  if (theirs !== "") return undefined;
  count(`stricter than Java: ${ours.rule}`);
  return ours.rule in STRICTER ? undefined : `we refuse (${ours.rule}: ${ours.message}), Java does not`;
}

function parsed(text: string): Schema | AvroError {
  try {
    return parseSchema(text);
  } catch (error) {
    if (error instanceof AvroError) return error;
    throw error;
  }
}
