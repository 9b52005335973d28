import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { root } from "@plinth/runtime/locations.ts";
import { clusterParts } from "./parts/parts.ts";
import { setup } from "./setup.ts";

/**
 * `make test`: every test, in one process for each folder of `tests/`, so that one suite's servers are gone before the next one's start.
 * Ends with one plain line that counts them all; exit code 1 when any failed.
 */
const suites = process.argv.slice(2);
const counts = { passed: 0, failed: 0, skipped: 0 };
const unproved: string[] = [];
const failures: string[] = [];

await setup();
for (const suite of suites.length > 0 ? suites : await everySuite()) {
  console.log(`\n== ${suite}`);
  const lacking = suite === "cluster" ? await controlPlaneLacks() : undefined;
  if (lacking !== undefined) {
    console.error(`\n!!! SKIPPED tests/${suite}: nothing of the Kubernetes half is proved by this run. ${lacking}\n`);
    unproved.push(suite);
    continue;
  }
  const { passed, failed, skipped, output } = await runSuite(suite);
  counts.passed += passed;
  counts.failed += failed;
  counts.skipped += skipped;
  if (failed > 0) failures.push(`tests/${suite}${failuresIn(output)}`);
}
// A log is thousands of lines: what failed is said once more where whoever looks for it looks first.
if (failures.length > 0) console.log(`\nFAILED\n${failures.join("\n")}`);
if (unproved.length > 0) console.log(`\nSKIPPED as a whole: ${unproved.join(", ")}`);
console.log(`\n${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ""}`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;

/** Brings the control plane that the cluster suite runs on. What stands against it in one sentence, or undefined when it is there. */
async function controlPlaneLacks(): Promise<string | undefined> {
  return setup(clusterParts).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

async function everySuite(): Promise<string[]> {
  const { readdir } = await import("node:fs/promises");
  const entries = await readdir(`${root}/tests`, { recursive: true });
  const folders = entries.filter((name) => name.endsWith(".test.ts")).map((name) => name.split("/").slice(0, -1).join("/"));
  return [...new Set(folders)].sort();
}

/** Counts what mocha's summary says; a suite that ends without one, or with another exit code than it explains, is a failure of its own. */
function runSuite(suite: string): Promise<typeof counts & { output: string }> {
  return new Promise((resolve) => {
    const mocha = spawn("mocha", [...(process.stdout.isTTY ? ["--color"] : []), `tests/${suite}/*.test.ts`], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    mocha.stdout.on("data", (chunk: Buffer) => {
      printed += chunk;
      process.stdout.write(chunk);
    });
    mocha.once("close", (code) => {
      const output = stripVTControlCharacters(printed);
      const [passed, failed, skipped] = [count(output, "passing"), count(output, "failing"), count(output, "pending")];
      const unexplained = (code === 0) !== (failed === 0) || passed + failed === 0;
      if (unexplained) console.error(`tests/${suite} ended with exit code ${code}, which its summary does not explain`);
      resolve({ passed, failed: failed + (unexplained ? 1 : 0), skipped, output });
    });
  });
}

function count(output: string, what: string): number {
  return Number(output.match(new RegExp(`^\\s+(\\d+) ${what}`, "m"))?.[1] ?? 0);
}

/** What mocha says of each test that failed, without stacks and blank lines. */
function failuresIn(output: string): string {
  const [, said] = output.split(/^\s+\d+ failing$/m);
  if (said === undefined) return " ended without a summary";
  return said
    .replace(/^ +at .*$/gm, "")
    .replace(/\n\s*\n/g, "\n")
    .trimEnd();
}
