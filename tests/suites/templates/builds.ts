import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheDirectory } from "@plinth/local/locations.ts";
import { runCommand } from "@plinth/toolchain/command.ts";
import { fillAtomically } from "@plinth/toolchain/go/build.ts";
import { parseDescriptor } from "../../../components/service/descriptor.ts";
import type { ServiceDescriptor } from "../../../components/service/descriptor-rule.ts";
import { type Language, renderTemplate, templateFolder } from "../../../templates/template.ts";

/** A rendered template, ready to run. */
export interface BuiltService {
  language: Language;
  folder: string;
  descriptor: ServiceDescriptor;
}

/** Differ from the templates' placeholders, so that a forgotten placeholder shows. */
export const values = { name: "town-crier", port: 7411 };

/**
 * Renders a template and builds it by its descriptor's commands, as the platform does. The build of
 * each state of its files is cached for this user.
 */
export async function buildTemplate(language: Language): Promise<BuiltService> {
  const files = renderTemplate(templateFolder(language), values);
  const state = createHash("sha256")
    .update(JSON.stringify([...files]))
    .digest("hex")
    .slice(0, 16);
  const builds = join(cacheDirectory(), "templates");
  const folder = join(builds, `${language}-${state}`);
  const descriptor = parseDescriptor("plinth.json", files.get("plinth.json")!);
  if (!existsSync(folder)) {
    console.error(`    building the ${language} template, once for this state of it`);
    mkdirSync(builds, { recursive: true });
    const former = readdirSync(builds).filter((name) => name.startsWith(`${language}-`) && !name.endsWith(".partial"));
    await fillAtomically(folder, async (partial) => {
      for (const [path, text] of files) {
        mkdirSync(dirname(join(partial, path)), { recursive: true });
        writeFileSync(join(partial, path), text);
      }
      for (const [program, ...args] of descriptor.build ?? [])
        await runCommand(program, args, { cwd: partial, seconds: 170 });
    });
    // Not those of today: another clone's tests may be running them.
    for (const name of former.filter((each) => isOld(join(builds, each))))
      rmSync(join(builds, name), { recursive: true, force: true });
  }
  return { language, folder, descriptor };
}

function isOld(build: string): boolean {
  return (statSync(build, { throwIfNoEntry: false })?.mtimeMs ?? 0) < Date.now() - 86_400_000;
}

/** A parsed Dockerfile. */
export interface Image {
  /** The instructions of each stage, without comments and line breaks. */
  stages: [word: string, rest: string][][];
  /** Runs the image's health check here, for a service on `port`; returns its exit code. */
  health(port: number): number | null;
}

export function readImage({ folder, descriptor }: BuiltService): Image {
  const text = readFileSync(join(folder, "Dockerfile"), "utf8")
    .replace(/^#.*\n/gm, "")
    .replaceAll("\\\n", " ");
  const bases = new Map([...text.matchAll(/^ARG (\w+)=(\S+)$/gm)].map(([, name, image]) => [name!, image!]));
  const stages: [string, string][][] = [];
  for (const line of text.split("\n").filter(Boolean)) {
    const [, word, rest] = /^(\S+)\s+(.*)$/.exec(line) as unknown as [string, string, string];
    if (word === "FROM") stages.push([]);
    stages.at(-1)?.push([word, rest.replace(/^\$\{(\w+)\}/, (all, name: string) => bases.get(name) ?? all)]);
  }
  const commandOf = (wanted: string): string[] => {
    const rest = stages.at(-1)!.find(([word]) => word === wanted)![1];
    return JSON.parse(rest.slice(rest.indexOf("["))) as string[];
  };
  return {
    stages,
    health(port) {
      const [program = "", ...args] = commandOf("HEALTHCHECK");
      // The image holds the service's program at another path.
      const here = program === commandOf("ENTRYPOINT")[0] ? descriptor.command[0] : program;
      return spawnSync(here, args, { cwd: folder, env: { PATH: process.env.PATH ?? "", PORT: String(port) } }).status;
    },
  };
}
