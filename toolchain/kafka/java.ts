import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { findProgram } from "@plinth/local/locations.ts";
import { runCommand } from "../command.ts";
import type { Tool } from "../tool.ts";
import { isAtLeast } from "../version.ts";

/** Kafka 4's brokers are compiled for it. */
const OLDEST_VERSION = "17";

export const javaTool: Tool = {
  name: "Java",
  remedy: process.platform === "darwin" ? "brew install openjdk@17" : "apt-get install -y openjdk-17-jre-headless",
  find: async () => {
    const path = findProgram("java");
    if (path === undefined) return undefined;
    const version = await readJavaVersion(path);
    if (!isAtLeast(version, OLDEST_VERSION))
      return `Java ${version} (${path}) is too old for the broker: at least ${OLDEST_VERSION} is needed`;
    return { version, from: path };
  },
};

/**
 * E.g. "17.0.15". Read from the runtime's release file, because starting Java costs a tenth of a
 * second of every `make up`.
 */
export async function readJavaVersion(path: string): Promise<string> {
  const release = join(dirname(dirname(realpathSync(path))), "release");
  const text = existsSync(release)
    ? readFileSync(release, "utf8")
    : await runCommand(path, ["-XshowSettings:properties", "-version"], { seconds: 20 });
  return /JAVA_VERSION="([\d.]+)/.exec(text)?.[1] ?? /java\.version = ([\d.]+)/.exec(text)?.[1] ?? "0";
}
