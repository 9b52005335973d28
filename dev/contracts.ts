import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { root } from "@plinth/local/locations.ts";

/**
 * Folders of gRPC contracts. The TypeScript of each is in its `generated`; `services/contracts` is
 * there once a service has a contract.
 */
const CONTRACT_FOLDERS = ["services/contracts", "services/kit/proto", "tests/support/kit/proto"];

/** Node runs TypeScript by erasing types, so enums must not be TypeScript's own. */
const GENERATOR_OPTIONS = ["target=ts", "import_extension=ts", "erasable_syntax=true"];

/** A generated file that is not as it should be; without `wanted`, one that nothing wants. */
interface StaleFile {
  path: string;
  expected?: string;
}

/**
 * The generated files of a folder of contracts that differ from what its .proto files give.
 *
 * @param folder relative to `base`
 * @throws an Error with the compiler's own words, such as `x.proto:3:1:syntax error`
 */
export function findStaleContracts(folder: string, base = root): StaleFile[] {
  const out = mkdtempSync(join(tmpdir(), "plinth-contracts-"));
  try {
    const template = { version: "v2", plugins: [{ local: "protoc-gen-es", out, opt: GENERATOR_OPTIONS }] };
    runBuf(base, "generate", folder, "--template", JSON.stringify(template));
    const generated = join(folder, "generated");
    const wanted = readFiles(out);
    const present = readFiles(join(base, generated));
    const superfluous = [...present.keys()]
      .filter((name) => !wanted.has(name))
      .map((name) => ({ path: join(generated, name) }));
    const differing = [...wanted].filter(([name, text]) => present.get(name) !== text);
    return [...superfluous, ...differing.map(([name, text]) => ({ path: join(generated, name), expected: text }))];
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** Refuses contracts that are not laid out as `make generate` lays them out. */
export function checkLayout(folder: string, base = root): void {
  const difference = runBuf(base, "format", "--diff", folder);
  if (difference !== "")
    throw new Error(`${folder}: contracts are not laid out as buf does; run make generate:\n${difference}`);
}

/** What the compiler prints. @throws its own words */
function runBuf(cwd: string, ...args: string[]): string {
  const { status, error, stdout, stderr } = spawnSync("buf", args, { cwd, encoding: "utf8" });
  if (status === 0) return stdout;
  // Of some platforms the registry that the lockfile was made with has no binary: npm then leaves
  // it out without a word.
  if (error || /Cannot find module/i.test(stderr))
    throw new Error(
      `buf does not run here (${error?.message ?? stderr.trim().split("\n")[0]}); npm install --no-save @bufbuild/buf brings it`,
    );
  throw new Error(`${stdout}${stderr}`.trim());
}

/** Text of each file below a folder, by its path in there. */
function readFiles(folder: string): Map<string, string> {
  if (!existsSync(folder)) return new Map();
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name));
  return new Map(paths.map((path) => [relative(folder, path), readFileSync(path, "utf8")]));
}

/** `make generate`; with `check`, part of `make check`: writes nothing and names what is stale. */
function generateOrCheck(check: boolean): void {
  const folders = CONTRACT_FOLDERS.filter((folder) => existsSync(join(root, folder)));
  for (const folder of folders) {
    if (check) checkLayout(folder);
    else runBuf(root, "format", "--write", folder);
  }
  const stale = folders.flatMap((folder) => findStaleContracts(folder));
  for (const { path, expected } of stale) {
    if (check) {
      console.error(`${path}: is not what its contract gives; run make generate [stale]`);
      process.exitCode = 1;
    } else {
      if (expected === undefined) rmSync(join(root, path));
      else {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), expected);
      }
      console.log(`${path} ${expected === undefined ? "removed" : "written"}`);
    }
  }
  if (stale.length === 0) console.log("the TypeScript of the gRPC contracts is up to date");
}

if (import.meta.main) {
  try {
    generateOrCheck(process.argv.includes("check"));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
