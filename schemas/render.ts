import { type CatalogEntry, catalog } from "./catalog.ts";
import { publishedSchemas, type SchemaFolder } from "./load.ts";
import { type AvroJson, typescriptOf } from "./typescript.ts";

const BANNER = "Do not edit: `make generate` writes it.";

/**
 * The generated TypeScript, by path relative to the schema folder. The Avro files must have passed the gate.
 *
 * - `generated/{topic}.ts`: the types of one topic.
 * - `generated/index.ts`: all of them, and `EventOf<"V1_BETS">`.
 * - `generated/schemas.ts`: the published schema of each topic as text, so that a bundled service needs no file beside it.
 */
export function renderTypes(folder: SchemaFolder, entries: readonly CatalogEntry[] = catalog): Map<string, string> {
  const files = new Map<string, string>();
  const roots: { topic: string; root: string; types: string[] }[] = [];
  for (const { topic, file } of entries) {
    const text = folder.current.find(({ path }) => path === file)?.text;
    if (text === undefined) throw new Error(`schemas/${file} is not there, but the catalogue names it for topic ${topic}`);
    const { source, root } = typescriptOf(JSON.parse(text) as AvroJson);
    const header = `// Generated from schemas/${file}. ${BANNER}\n// A long is a number: avsc refuses one beyond ±(2^53 - 1), in writing and in reading.\n`;
    files.set(`generated/${topic}.ts`, `${header}\n${source}`);
    roots.push({ topic, root, types: [...source.matchAll(/^export (?:type|interface) (\w+)/gm)].map(([, name]) => name ?? "") });
  }
  files.set("generated/index.ts", index(roots));
  files.set("generated/schemas.ts", texts(folder, entries));
  return files;
}

function index(roots: { topic: string; root: string; types: string[] }[]): string {
  const lines = roots.map(({ topic, types }) => `export type { ${types.toSorted().join(", ")} } from "./${topic}.ts";`);
  const imports = roots.map(({ topic, root }) => `import type { ${root} } from "./${topic}.ts";`);
  const members = roots.map(({ topic, root }) => `  readonly ${topic}: ${root};`);
  const map = `/** The event of each topic. */\nexport interface Events {\n${members.join("\n")}\n}\n`;
  const eventOf = `/** \`EventOf<"V1_BETS">\` is a \`BetEvent\`. */\nexport type EventOf<T extends keyof Events> = Events[T];\n`;
  return [`// Generated from the catalogue. ${BANNER}`, ...imports, "", ...lines, "", map, eventOf].join("\n");
}

function texts(folder: SchemaFolder, entries: readonly CatalogEntry[]): string {
  const members = publishedSchemas(folder, entries).map(
    ({ topic, version, text }) => `  /** Version ${version}. */\n  ${topic}: ${JSON.stringify(JSON.stringify(JSON.parse(text)))},`,
  );
  const doc = "/** The published schema of each topic, as one line of JSON: the newest recorded version. */";
  return `// Generated from schemas/history. ${BANNER}\n\n${doc}\nexport const schemas = {\n${members.join("\n")}\n} as const;\n`;
}
