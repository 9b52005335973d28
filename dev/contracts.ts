import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";

/**
 * Folders of gRPC contracts, each with its TypeScript in `generated`. `services/contracts` exists
 * once a service has a contract.
 */
const CONTRACT_FOLDERS = ["services/contracts", "services/kit/proto", "tests/support/kit/proto"];

/** Node only erases types, so the code must not contain TypeScript enums. */
const GENERATOR_OPTIONS = ["target=ts", "import_extension=ts", "erasable_syntax=true"];

/** A generated file with wrong content; without `expected`, a superfluous one. */
interface StaleFile {
  path: string;
  expected?: string;
}

/**
 * The generated files of a folder of contracts that differ from what its .proto files generate.
 *
 * @param folder relative to `base`
 * @throws {@link UserError} with the compiler's message, such as `x.proto:3:1:syntax error`
 */
export function findStaleContracts(folder: string, base = root): StaleFile[] {
  const out = mkdtempSync(join(tmpdir(), "plinth-contracts-"));
  try {
    const template = { version: "v2", plugins: [{ local: "protoc-gen-es", out, opt: GENERATOR_OPTIONS }] };
    runBuf(base, "generate", folder, "--template", JSON.stringify(template));
    const generated = join(folder, "generated");
    const expected = readFiles(out);
    const present = readFiles(join(base, generated));
    const superfluous = [...present.keys()]
      .filter((name) => !expected.has(name))
      .map((name) => ({ path: join(generated, name) }));
    const differing = [...expected].filter(([name, text]) => present.get(name) !== text);
    return [...superfluous, ...differing.map(([name, text]) => ({ path: join(generated, name), expected: text }))];
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** @throws {@link UserError} for contracts that are not formatted as `make generate` does */
export function checkLayout(folder: string, base = root): void {
  const difference = runBuf(base, "format", "--diff", folder);
  if (difference !== "")
    throw new UserError(`${folder}: contracts are not formatted by buf; run make generate:\n${difference}`);
}

/** Runs buf and returns its output. @throws {@link UserError} with its message */
function runBuf(cwd: string, ...args: string[]): string {
  const { status, error, stdout, stderr } = spawnSync("buf", args, { cwd, encoding: "utf8" });
  if (status === 0) return stdout;
  // npm silently leaves out a binary that the registry lacks for this platform.
  if (error || /Cannot find module/i.test(stderr))
    throw new UserError(
      `buf does not run here (${error?.message ?? stderr.trim().split("\n")[0]}); type: npm install --no-save @bufbuild/buf`,
    );
  throw new UserError(`${stdout}${stderr}`.trim());
}

/** Text of each file below a folder, by relative path. */
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
      console.error(`${path}: differs from its contract; run make generate [stale]`);
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
