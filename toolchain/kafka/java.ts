import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { findProgram } from "@plinth/local/locations.ts";
import { runCommand } from "../command.ts";
import type { Tool } from "../tool.ts";
import { isAtLeast } from "../version.ts";

/** The oldest Java that runs Kafka 4's brokers. */
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
 * Such as "17.0.15", from the runtime's release file: starting Java would cost every `make up` a
 * tenth of a second.
 */
export async function readJavaVersion(path: string): Promise<string> {
  const release = join(dirname(dirname(realpathSync(path))), "release");
  const text = existsSync(release)
    ? readFileSync(release, "utf8")
    : await runCommand(path, ["-XshowSettings:properties", "-version"], { seconds: 20 });
  return /JAVA_VERSION="([\d.]+)/.exec(text)?.[1] ?? /java\.version = ([\d.]+)/.exec(text)?.[1] ?? "0";
}
