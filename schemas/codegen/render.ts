import { parseSchema } from "../avro/parse.ts";
import { type CatalogEntry, catalog } from "../catalog.ts";
import { listPublishedSchemas, type SchemaFolder } from "../folder.ts";
import { toTypeScript } from "./typescript.ts";

const BANNER = "Do not edit: `make generate` writes it.";

interface TopicTypes {
  topic: string;
  names: string[];
}

/**
 * The generated TypeScript, by path relative to the schema folder. The Avro files must have passed
 * the gate.
 *
 * - `generated/{topic}.ts`: the types of one topic.
 * - `generated/index.ts`: all of them, and `EventOf<"V1_BETS">`.
 * - `generated/schemas.ts`: the published schema of each topic as text, so that a bundled service
 *   needs no other file.
 *
 * @throws if a file of the catalogue is missing
 */
export function renderTypes(folder: SchemaFolder, entries: readonly CatalogEntry[] = catalog): Map<string, string> {
  const files = new Map<string, string>();
  const topics: TopicTypes[] = [];
  for (const { topic, file } of entries) {
    const text = folder.current.find(({ path }) => path === file)?.text;
    if (text === undefined)
      throw new Error(`schemas/${file} is not there, but the catalogue names it for topic ${topic}`);
    const types = toTypeScript(parseSchema(text));
    const header = `// Generated from schemas/${file}. ${BANNER}\n// A long is a number: the codec refuses one beyond ±(2^53 - 1), in writing and in reading.\n`;
    files.set(`generated/${topic}.ts`, [header, ...types.map(({ source }) => source)].join("\n"));
    topics.push({ topic, names: types.map(({ name }) => name) });
  }
  files.set("generated/index.ts", renderIndex(topics));
  files.set("generated/schemas.ts", renderSchemas(folder, entries));
  return files;
}

function renderIndex(topics: TopicTypes[]): string {
  const imports = topics.map(({ topic, names: [root] }) => `import type { ${root} } from "./${topic}.ts";`);
  const exports = topics.map(
    ({ topic, names }) => `export type { ${names.toSorted().join(", ")} } from "./${topic}.ts";`,
  );
  const members = topics.map(({ topic, names: [root] }) => `  readonly ${propertyKey(topic)}: ${root};`);
  const events = `/** The event of each topic. */\nexport interface Events {\n${members.join("\n")}\n}\n`;
  const eventOf = `/** \`EventOf<"V1_BETS">\` is a \`BetEvent\`. */\nexport type EventOf<T extends keyof Events> = Events[T];\n`;
  return [`// Generated from the catalogue. ${BANNER}`, ...imports, "", ...exports, "", events, eventOf].join("\n");
}

function renderSchemas(folder: SchemaFolder, entries: readonly CatalogEntry[]): string {
  const members = listPublishedSchemas(folder, entries).map(
    ({ topic, version, text }) =>
      `  /** Version ${version}. */\n  ${propertyKey(topic)}: ${JSON.stringify(JSON.stringify(JSON.parse(text)))},`,
  );
  const doc = "/** The published schema of each topic, as one line of JSON: the newest recorded version. */";
  return `// Generated from schemas/history. ${BANNER}\n\n${doc}\nexport const schemas = {\n${members.join("\n")}\n} as const;\n`;
}

/** Quotes topics such as `user-events`, which are not identifiers. */
const propertyKey = (topic: string) => (/^[A-Za-z_]\w*$/.test(topic) ? topic : JSON.stringify(topic));
