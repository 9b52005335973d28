import { chmodSync, copyFileSync, existsSync, readFileSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { cacheDirectory, programOnPath, root } from "@plinth/runtime/locations.ts";
import { goBuild, goCompiler, whole } from "./go-build.ts";
import type { Part } from "./part.ts";
import { atLeast, run } from "./run.ts";

/** An engine older than this has not been tried. */
const OLDEST = "3.200.0";
/** The newest release of the CLI's modules that the module proxy serves. */
const BUILT = "3.255.0";
/** Only asked whether there is internet at all; the download itself is the `pulumi` npm package's. */
const DOWNLOADS = "https://get.pulumi.com/";

export interface Engine {
  version: string;
  /** Folder with `pulumi`, its Node language host and its dynamic-provider launcher. */
  directory: string;
  from: "PATH" | "official download" | "built from Go modules";
}

export const pulumi: Part = {
  name: "Pulumi",
  remedy: "make setup",
  find: locatePulumi,
  install: {
    takes: "some seconds with internet; without, built from its Go modules: 4 to 7 minutes, once",
    async run(progress) {
      if (await download(progress)) return;
      await build(progress);
    },
  },
};

/** The engine to use, in this order: on PATH and new enough, downloaded, built. */
export async function locatePulumi(): Promise<Engine | undefined> {
  const path = programOnPath("pulumi");
  if (path !== undefined) {
    const version = /v?([\d.]+)/.exec(await run(path, ["version"], { seconds: 20 }))?.[1] ?? "0";
    if (atLeast(version, OLDEST)) return { version, directory: dirname(path), from: "PATH" };
  }
  if (existsSync(join(downloaded().directory, "pulumi"))) return { ...downloaded(), from: "official download" };
  if (existsSync(join(builtDirectory(), "pulumi"))) return { version: BUILT, directory: builtDirectory(), from: "built from Go modules" };
  return undefined;
}

/** Where the npm package `pulumi` of our lockfile puts the official release. */
function downloaded(): { version: string; directory: string } {
  const { version } = JSON.parse(readFileSync(join(root, "node_modules", "pulumi", "package.json"), "utf8")) as { version: string };
  return { version, directory: join(process.env.PULUMI_HOME || join(homedir(), ".pulumi"), "versions", version, "bin") };
}

async function download(progress: (line: string) => void): Promise<boolean> {
  progress("looking for internet, 4 seconds at most");
  const reachable = await fetch(DOWNLOADS, { method: "HEAD", signal: AbortSignal.timeout(4000) }).then(
    () => true,
    () => false,
  );
  if (!reachable) return false;
  progress(`downloading the official ${downloaded().version}`);
  return run(process.execPath, [join(root, "node_modules", "pulumi", "run.js"), "version"], { seconds: 600 }).then(
    () => true,
    (error: Error) => {
      progress(`the download failed, so it is built instead (${error.message.split("\n").at(-1)})`);
      return false;
    },
  );
}

/** The number after the version grows when what is laid beside the engine changes. */
function builtDirectory(): string {
  return join(cacheDirectory(), `pulumi-${BUILT}-2`, "bin");
}

async function build(progress: (line: string) => void): Promise<void> {
  const go = goCompiler("Pulumi can neither be downloaded (no internet) nor built");
  const variables = (version: string) => ({ "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${version}` });
  const compile = (module: string, program: string, version: string, folder: string) =>
    goBuild(go, { module: join(root, "tools", "pulumi", module), packages: [program], variables: variables(version) }, folder);
  await whole(builtDirectory(), async (folder) => {
    progress("no internet: building the language host from its Go modules, about 1 minute");
    await compile("language-nodejs", "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs", "3.65.0", folder);
    progress("building the engine from its Go modules, 3 to 6 minutes");
    await compile("cli", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", BUILT, folder);
    renameSync(join(folder, "pulumi-language-nodejs"), join(folder, "pulumi-language-nodejs-host"));
    for (const launcher of ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"]) {
      copyFileSync(join(root, "tools", "pulumi", launcher), join(folder, launcher));
      chmodSync(join(folder, launcher), 0o755);
    }
  });
}
