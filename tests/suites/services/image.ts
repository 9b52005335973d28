import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { root } from "@plinth/local/locations.ts";

/** An instruction of a Dockerfile: its keyword and its arguments. */
export type Instruction = [word: string, rest: string];

/** The instructions of each stage, with `SERVICE` filled in, without comments and line breaks. */
export function stagesOf(service: string): Instruction[][] {
  const text = readFileSync(join(root, "services/Dockerfile"), "utf8")
    .replace(/^#.*\n/gm, "")
    .replaceAll("\\\n", " ");
  const stages: Instruction[][] = [];
  for (const line of text.split("\n").filter(Boolean)) {
    const [, word, rest] = /^(\S+)\s+(.*)$/.exec(line) as unknown as [string, string, string];
    if (word === "FROM") stages.push([]);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Docker's own placeholder.
    stages.at(-1)?.push([word, rest.replaceAll("${SERVICE}", service)]);
  }
  return stages;
}

/** The exec form of an instruction, which runs a program without a shell. */
export function commandOf(stage: Instruction[], word: "ENTRYPOINT" | "HEALTHCHECK"): [string, ...string[]] {
  const rest = stage.find(([first]) => first === word)![1];
  return JSON.parse(rest.slice(rest.indexOf("["))) as [string, ...string[]];
}

/** Creates the files of the image's final stage in `target`, with packages from this clone. */
export function assembleImage(service: string, target: string): void {
  const [dependencies, bundle, last] = stagesOf(service) as [Instruction[], Instruction[], Instruction[]];
  const install = runOf(dependencies, "npm ci");
  for (const [, rest] of last.filter(([word]) => word === "COPY")) {
    if (rest === "--from=dependencies /app/node_modules node_modules") {
      const workspaces = [...install.matchAll(/--workspace (\S+)/g)].map(([, folder]) => folder!);
      for (const path of installedPaths(workspaces)) copyPackage(path, target);
    } else if (rest === "--from=bundle /app/bundle bundle") {
      const [program, ...args] = runOf(bundle, "node ").split(" ") as [string, ...string[]];
      const { status, stderr } = spawnSync(program, [...args.slice(0, -1), join(target, "bundle")], {
        cwd: root,
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(stderr);
    } else {
      const [from, to] = rest.split(/\s+/) as [string, string];
      cpSync(join(root, from), join(target, to.endsWith("/") ? join(to, basename(from)) : to), { recursive: true });
    }
  }
}

/** The command of the stage's RUN that starts with `prefix`. */
function runOf(stage: Instruction[], prefix: string): string {
  return stage.find(([word, rest]) => word === "RUN" && rest.startsWith(prefix))![1];
}

interface Locked {
  name?: string;
  resolved?: string;
  link?: boolean;
  dependencies?: Record<string, string>;
}

const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as { packages: Record<string, Locked> };

/**
 * Paths that `npm ci --omit=dev --omit=optional` installs for these workspaces, by the lockfile.
 */
function installedPaths(workspaces: string[]): Set<string> {
  const paths = new Set(
    Object.keys(lock.packages).filter(
      (path) => lock.packages[path]!.link && workspaces.includes(lock.packages[path]!.resolved!),
    ),
  );
  const follow = (path: string) => {
    for (const name of Object.keys(lock.packages[path]!.dependencies ?? {})) {
      const dependency = findPackage(name, path);
      if (paths.has(dependency)) continue;
      paths.add(dependency);
      follow(dependency);
    }
  };
  workspaces.forEach(follow);
  return paths;
}

/** Finds a package as Node does: in `from`, then in each folder above it. */
function findPackage(name: string, from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, "node_modules", name);
    if (path in lock.packages) return path;
    if (folder === ".") throw new Error(`${from} depends on ${name}, which is not in package-lock.json`);
  }
}

function copyPackage(path: string, target: string): void {
  const to = join(target, path);
  mkdirSync(dirname(to), { recursive: true });
  const { link, resolved } = lock.packages[path]!;
  if (link) symlinkSync(join(target, resolved!), to);
  else
    cpSync(join(root, path), to, {
      recursive: true,
      filter: (file) => !file.slice(join(root, path).length).includes("/node_modules"),
    });
}
