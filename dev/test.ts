import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { root } from "@plinth/local/locations.ts";
import { chromiumTool } from "@plinth/toolchain/programs/chromium.ts";
import { installMissing } from "@plinth/toolchain/setup.ts";
import { controlPlaneTools, observabilityTestTools } from "@plinth/toolchain/tools.ts";
import { dropShellExports } from "../cli/stack/shell-exports.ts";
import { listTestGroups, selectTestGroups, type TestGroup } from "./test-groups.ts";

/** No test takes longer, so a group that prints nothing for so long has stopped for good. */
const SILENT_MINUTES = 20;

/**
 * `make test`: runs every test, or the suites that `SUITE=` names, one mocha process for each
 * group. The last line counts all tests; exit code 1 when one failed.
 */
dropShellExports();
const counts = { passed: 0, failed: 0, skipped: 0 };
const skippedSuites: string[] = [];
const failedSuites: string[] = [];

const groups = selectGroups(process.argv.slice(2));
if (groups.some(({ name }) => name !== "unit")) await installMissing();
const checkAlerts = /observability.*\.integration\.test|suites\/observability/;
if (groups.some(({ files }) => files.some((file) => checkAlerts.test(file))))
  await installMissing(observabilityTestTools);
if (groups.some(({ files }) => files.some((file) => file.startsWith("tests/suites/page/"))))
  await installMissing([chromiumTool]);
for (const group of groups) {
  console.log(`\n== ${group.name}`);
  const missing = group.name === "cluster" ? await installControlPlane() : undefined;
  if (missing !== undefined) {
    console.error(`\n!!! SKIPPED ${group.name}: this run does not test the manifests. ${missing}\n`);
    skippedSuites.push(group.name);
    continue;
  }
  const { passed, failed, skipped, output } = await runGroup(group);
  counts.passed += passed;
  counts.failed += failed;
  counts.skipped += skipped;
  if (failed > 0) failedSuites.push(`${group.name}${extractFailures(output)}`);
}
// Repeats the failures at the end of a long log, where readers look first.
if (failedSuites.length > 0) console.log(`\nFAILED\n${failedSuites.join("\n")}`);
if (skippedSuites.length > 0) console.log(`\nSKIPPED as a whole: ${skippedSuites.join(", ")}`);
const skippedCount = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
console.log(`\n${counts.passed} passed, ${counts.failed} failed${skippedCount}`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;

function selectGroups(names: readonly string[]): TestGroup[] {
  try {
    return selectTestGroups(listTestGroups(), names);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}

/** Installs the control plane of the cluster suite. Resolves to the reason when it cannot. */
async function installControlPlane(): Promise<string | undefined> {
  return installMissing(controlPlaneTools).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

/**
 * Counts by mocha's summary; a run fails without one, or when it does not explain the exit code.
 */
function runGroup({ name, files }: TestGroup): Promise<typeof counts & { output: string }> {
  return new Promise((resolve) => {
    const mocha = spawn("mocha", [...(process.stdout.isTTY ? ["--color"] : []), ...files], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    const end = () => {
      console.error(`\n${name} has printed nothing for ${SILENT_MINUTES} minutes and is ended`);
      mocha.kill("SIGKILL");
      // Programs that it started may hold its output open.
      mocha.stdout.destroy();
    };
    let silence = setTimeout(end, SILENT_MINUTES * 60_000);
    mocha.stdout.on("data", (chunk: Buffer) => {
      printed += chunk;
      clearTimeout(silence);
      silence = setTimeout(end, SILENT_MINUTES * 60_000);
      process.stdout.write(chunk);
    });
    mocha.once("close", (code) => {
      clearTimeout(silence);
      const output = stripVTControlCharacters(printed);
      const [passed, failed, skipped] = ["passing", "failing", "pending"].map((word) => countIn(output, word));
      const unexplained = (code === 0) !== (failed === 0) || passed! + failed! === 0;
      if (unexplained) console.error(`${name} ended with exit code ${code}, which its summary does not explain`);
      resolve({ passed: passed!, failed: failed! + (unexplained ? 1 : 0), skipped: skipped!, output });
    });
  });
}

function countIn(output: string, word: string): number {
  return Number(output.match(new RegExp(`^\\s+(\\d+) ${word}`, "m"))?.[1] ?? 0);
}

/** Mocha's report of each failure, without stacks and blank lines. */
function extractFailures(output: string): string {
  const [, report] = output.split(/^\s+\d+ failing$/m);
  if (report === undefined) return " ended without a summary";
  return report
    .replace(/^ +at .*$/gm, "")
    .replace(/\n\s*\n/g, "\n")
    .trimEnd();
}
