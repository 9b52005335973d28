import { chmodSync, copyFileSync, existsSync, readFileSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { cacheDirectory, findPrograms, root } from "@plinth/local/locations.ts";
import { runCommand } from "../command.ts";
import { buildGoPrograms, fillAtomically } from "../go/build.ts";
import { requireGo } from "../go/compiler.ts";
import { readPackage } from "../programs/package.ts";
import type { Tool } from "../tool.ts";
import { isAtLeast } from "../version.ts";

/** The oldest engine that was tried. */
const OLDEST_VERSION = "3.200.0";
/** As toolchain/pulumi/cli/go.mod requires it. */
const BUILT_VERSION = "3.255.0";
/** Only probed for internet access; the `pulumi` npm package downloads the engine. */
const DOWNLOAD_URL = "https://get.pulumi.com/";

export interface PulumiInstallation {
  version: string;
  /** Folder with `pulumi`, its Node language host and its dynamic-provider launcher. */
  directory: string;
  from: "PATH" | "official download" | "built from Go modules";
}

export const pulumiTool: Tool = {
  name: "Pulumi",
  remedy: "make setup",
  find: locatePulumi,
  install: {
    duration: "some seconds with internet; without, built from its Go modules: 4 to 7 minutes, once",
    async check() {
      if (!(await isDownloadReachable())) await findCompiler();
    },
    async run(progress) {
      if (await download(progress)) return;
      await build(progress);
    },
  },
};

/** The engine on PATH if it is new enough, else the downloaded one, else the built one. */
export async function locatePulumi(): Promise<PulumiInstallation | undefined> {
  for (const path of findPrograms("pulumi")) {
    // One that does not run is none.
    const printed = await runCommand(path, ["version"], { seconds: 20 }).catch(() => "");
    const version = /v?([\d.]+)/.exec(printed)?.[1] ?? "0";
    if (isAtLeast(version, OLDEST_VERSION)) return { version, directory: dirname(path), from: "PATH" };
  }
  if (existsSync(join(downloadedRelease().directory, "pulumi")))
    return { ...downloadedRelease(), from: "official download" };
  if (existsSync(join(builtDirectory(), "pulumi"))) {
    writeLaunchers(builtDirectory());
    return { version: BUILT_VERSION, directory: builtDirectory(), from: "built from Go modules" };
  }
  return undefined;
}

/** The official release that the npm package `pulumi` downloads. */
function downloadedRelease(): { version: string; directory: string } {
  const { version } = readPackage(join(root, "node_modules", "pulumi"));
  return {
    version,
    directory: join(process.env.PULUMI_HOME || join(homedir(), ".pulumi"), "versions", version, "bin"),
  };
}

async function download(progress: (line: string) => void): Promise<boolean> {
  progress("looking for internet, 4 seconds at most");
  if (!(await isDownloadReachable())) return false;
  progress(`downloading the official ${downloadedRelease().version}`);
  return runCommand(process.execPath, [join(root, "node_modules", "pulumi", "run.js"), "version"], {
    seconds: 600,
  }).then(
    () => true,
    (error: Error) => {
      progress(`the download failed; building it instead (${error.message.split("\n").at(-1)})`);
      return false;
    },
  );
}

function isDownloadReachable(): Promise<boolean> {
  return fetch(DOWNLOAD_URL, { method: "HEAD", signal: AbortSignal.timeout(4000) }).then(
    () => true,
    () => false,
  );
}

/** The number after the version counts changes of the language host. */
function builtDirectory(): string {
  return join(cacheDirectory(), `pulumi-${BUILT_VERSION}-2`, "bin");
}

async function build(progress: (line: string) => void): Promise<void> {
  const go = await findCompiler();
  const variables = (version: string) => ({
    "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${version}`,
  });
  const compile = (module: string, program: string, version: string, folder: string) =>
    buildGoPrograms(
      go,
      { module: join(import.meta.dirname, module), packages: [program], variables: variables(version) },
      folder,
    );
  await fillAtomically(builtDirectory(), async (folder) => {
    progress("no internet: building the language host from its Go modules, about 1 minute");
    await compile(
      "language-nodejs",
      "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
      "3.65.0",
      folder,
    );
    progress("building the engine from its Go modules, 3 to 6 minutes");
    await compile("cli", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", BUILT_VERSION, folder);
    renameSync(join(folder, "pulumi-language-nodejs"), join(folder, "pulumi-language-nodejs-host"));
    writeLaunchers(folder);
  });
}

/** Writes the launchers that differ from this tree's: a change of them needs no new build. */
function writeLaunchers(folder: string): void {
  for (const launcher of ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"]) {
    const [source, target] = [join(import.meta.dirname, launcher), join(folder, launcher)];
    if (existsSync(target) && readFileSync(source).equals(readFileSync(target))) continue;
    // Renamed into place, because an engine of another clone may be starting it.
    const draft = `${target}.${process.pid}`;
    copyFileSync(source, draft);
    chmodSync(draft, 0o755);
    renameSync(draft, target);
  }
}

function findCompiler(): Promise<string> {
  const modules = ["language-nodejs", "cli"].map((name) => join(import.meta.dirname, name));
  return requireGo("Pulumi can neither be downloaded (no internet) nor built", modules);
}
