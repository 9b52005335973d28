import { readJson, type SourceFolder } from "../../service-files/source-folder.ts";
import type { Command, DetectedApp } from "./app.ts";

interface PackageJson {
  description?: string;
  main?: string;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const ENTRY_FILES = ["server", "index", "app", "main", "src/main", "src/server", "src/index", "src/app"].flatMap(
  (name) => ["js", "mjs", "ts"].map((extension) => `${name}.${extension}`),
);

/** Package managers by their lockfiles; corepack in the Node image provides pnpm and yarn. */
const packageManagers = [
  { lock: "package-lock.json", install: ["npm", "ci"], run: ["npm", "run"], prune: "npm prune --omit=dev" },
  {
    lock: "pnpm-lock.yaml",
    install: ["corepack", "pnpm", "install", "--frozen-lockfile"],
    run: ["corepack", "pnpm", "run"],
    prune: "corepack pnpm prune --prod",
  },
  { lock: "yarn.lock", install: ["corepack", "yarn", "install"], run: ["corepack", "yarn", "run"], prune: "" },
  { lock: "", install: ["npm", "install"], run: ["npm", "run"], prune: "npm prune --omit=dev" },
] as const;

/** Detects a `package.json` with something to start. */
export function detectNode(source: SourceFolder): DetectedApp | undefined {
  if (!source.has("package.json")) return undefined;
  const manifest = readJson<PackageJson>(source, "package.json");
  const { scripts = {}, dependencies = {}, devDependencies = {} } = manifest;
  const entry = startCommand(source, manifest);
  if (entry === undefined) return undefined;
  const manager = packageManagers.find(({ lock }) => lock === "" || source.has(lock))!;
  const compiled = scripts.build !== undefined;
  const has = { runtime: Object.keys(dependencies).length > 0, development: Object.keys(devDependencies).length > 0 };
  const installs = has.runtime || (compiled && has.development);
  const build = [...(installs ? [manager.install] : []), ...(compiled ? [[...manager.run, "build"] as const] : [])];
  return {
    language: "node",
    evidence: `package.json: ${entry.because}`,
    command: entry.command,
    build: build.map(([program, ...args]) => [program, ...args]),
    dockerfileValues: {
      manifests: ["package.json", ...(manager.lock ? [manager.lock] : [])].join(" "),
      install: installs ? `RUN ${manager.install.join(" ")}` : "",
      compile: compiled ? `RUN ${manager.run.join(" ")} build` : "",
      prune: installs && has.development && manager.prune ? `RUN ${manager.prune}` : "",
      command: JSON.stringify(entry.command),
    },
    description: manifest.description,
  };
}

function startCommand(
  source: SourceFolder,
  { main, scripts = {} }: PackageJson,
): { command: Command; because: string } | undefined {
  const { start } = scripts;
  // A plain call of Node is used directly: npm in between would swallow SIGTERM.
  if (start !== undefined && /^node(\s+[\w./=@-]+)+$/.test(start))
    return { command: ["node", ...start.split(/\s+/).slice(1)], because: `start is '${start}'` };
  if (start !== undefined) return { command: ["npm", "start"], because: `start is '${start}'` };
  if (main !== undefined && source.has(main)) return { command: ["node", main], because: `main is ${main}` };
  const entry = ENTRY_FILES.find((file) => source.has(file));
  return entry === undefined ? undefined : { command: ["node", entry], because: `it has ${entry}` };
}
