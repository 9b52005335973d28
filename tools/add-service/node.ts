import type { Program } from "./program.ts";
import type { Project } from "./project.ts";

interface Manifest {
  description?: string;
  main?: string;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const ENTRIES = ["server", "index", "app", "main", "src/main", "src/server", "src/index", "src/app"].flatMap((name) =>
  ["js", "mjs", "ts"].map((extension) => `${name}.${extension}`),
);

/** Package managers by their lockfiles; what comes after the first of them is brought by the Node image's corepack. */
const managers = [
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

/** A `package.json`, and something in it that runs. */
export function nodeProgram(project: Project): Program | undefined {
  if (!project.has("package.json")) return undefined;
  const manifest = JSON.parse(project.text("package.json")) as Manifest;
  const { scripts = {}, dependencies = {}, devDependencies = {} } = manifest;
  const entry = commandOf(project, manifest);
  if (entry === undefined) return undefined;
  const manager = managers.find(({ lock }) => lock === "" || project.has(lock))!;
  const compiled = scripts.build !== undefined;
  const has = { runtime: Object.keys(dependencies).length > 0, development: Object.keys(devDependencies).length > 0 };
  const installs = has.runtime || (compiled && has.development);
  const build = [...(installs ? [manager.install] : []), ...(compiled ? [[...manager.run, "build"] as const] : [])];
  return {
    language: "node",
    because: `package.json: ${entry.because}`,
    command: entry.command,
    build: build.map(([program, ...args]) => [program, ...args]),
    image: {
      manifests: ["package.json", ...(manager.lock ? [manager.lock] : [])].join(" "),
      install: installs ? `RUN ${manager.install.join(" ")}` : "",
      compile: compiled ? `RUN ${manager.run.join(" ")} build` : "",
      prune: installs && has.development && manager.prune ? `RUN ${manager.prune}` : "",
      command: JSON.stringify(entry.command),
    },
    description: manifest.description,
  };
}

function commandOf(project: Project, { main, scripts = {} }: Manifest): { command: [string, ...string[]]; because: string } | undefined {
  const { start } = scripts;
  // A plain call of Node is taken as it is: npm in between would keep the signal that asks a service to drain.
  if (start !== undefined && /^node(\s+[\w./=@-]+)+$/.test(start))
    return { command: ["node", ...start.split(/\s+/).slice(1)], because: `start is '${start}'` };
  if (start !== undefined) return { command: ["npm", "start"], because: `start is '${start}'` };
  if (main !== undefined && project.has(main)) return { command: ["node", main], because: `main is ${main}` };
  const entry = ENTRIES.find((file) => project.has(file));
  return entry === undefined ? undefined : { command: ["node", entry], because: `it has ${entry}` };
}
