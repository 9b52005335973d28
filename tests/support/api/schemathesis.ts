import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { cacheDirectory, root } from "@plinth/local/locations.ts";
import { runCommand } from "@plinth/toolchain/command.ts";
import { fillAtomically } from "@plinth/toolchain/go/build.ts";

/** Every package with its version; `pip freeze` printed them. */
const REQUIREMENTS = join(root, "tests/support/api/schemathesis.txt");

/** The folder of schemathesis and its packages, which this user installs once. */
async function installSchemathesis(): Promise<string> {
  const state = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12);
  const folder = join(cacheDirectory(), `schemathesis-${state}`);
  if (existsSync(folder)) return folder;
  console.error("    installing schemathesis, once");
  await fillAtomically(folder, async (partial) => {
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target", partial];
    await runCommand("python3", [...pip, "-r", REQUIREMENTS], { cwd: root, seconds: 170 });
  });
  return folder;
}

/**
 * Sends requests generated from a service's OpenAPI document, valid and not, and checks that each
 * answer is declared. Returns its report, which is empty if it found nothing.
 *
 * @param seconds for all operations together
 */
export async function findUndeclared(base: string, tenant: number, seconds: number): Promise<string> {
  const folder = await installSchemathesis();
  const program = "from schemathesis.cli import schemathesis; schemathesis()";
  const options = [
    ["--url", base],
    ["--header", `X-Tenant-Id: ${tenant}`],
    // A header with a tenant replaces the generated ones, and a further header is no fault:
    // tests/suites/hostile refuses malformed parts instead.
    // Nor can it know a page's cursor, or that two requests must not share an Idempotency-Key.
    ["--exclude-checks", "negative_data_rejection,positive_data_acceptance"],
    ["--max-examples", "25"],
    ["--max-time", String(seconds)],
    ["--seed", process.env.SEED ?? "1"],
    ["--request-timeout", "10"],
    ["--generation-database", "none"],
    ["--continue-on-failure", "--no-color"],
  ].flat();
  const run = spawn("python3", ["-c", program, "run", `${base}/openapi.json`, ...options], {
    cwd: folder,
    env: { PATH: process.env.PATH, PYTHONPATH: folder, COLUMNS: "200" },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: (seconds + 60) * 1000,
  });
  const [output, errors, code] = await Promise.all([
    text(run.stdout),
    text(run.stderr),
    new Promise<number | null>((resolve) => run.once("close", resolve)),
  ]);
  return code === 0 ? "" : `exit code ${code}\n${output}\n${errors}`;
}
