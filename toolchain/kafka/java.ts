import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { findProgram } from "@plinth/local/locations.ts";
import { aptCommand, aptInstaller, firstAptPackage } from "../apt.ts";
import { runCommand } from "../command.ts";
import type { Tool } from "../tool.ts";
import { isAtLeast } from "../version.ts";

/** The oldest Java that runs Kafka 4's brokers. */
const OLDEST_VERSION = "17";

export const javaTool: Tool = {
  name: "Java",
  get remedy() {
    return process.platform === "darwin" ? "brew install openjdk@21" : aptCommand(debianPackage());
  },
  find: async () => {
    const path = findProgram("java");
    if (path === undefined) return undefined;
    const version = await readJavaVersion(path);
    if (version instanceof Error) return `Java (${path}) does not run: ${version.message}`;
    if (!isAtLeast(version, OLDEST_VERSION))
      return `Java ${version} (${path}) is too old for the broker: at least ${OLDEST_VERSION} is needed`;
    return { version, from: path };
  },
  ...aptInstaller(debianPackage, "half a minute, once"),
};

function debianPackage(): string {
  return firstAptPackage(["openjdk-17-jre-headless", "openjdk-21-jre-headless", "openjdk-25-jre-headless"]);
}

/**
 * Such as "17.0.15", from the runtime's release file: starting Java would cost every `make up` a
 * tenth of a second.
 */
export async function readJavaVersion(path: string): Promise<string | Error> {
  const release = join(dirname(dirname(realpathSync(path))), "release");
  const text = existsSync(release)
    ? readFileSync(release, "utf8")
    : await runCommand(path, ["-XshowSettings:properties", "-version"], { seconds: 20 }).catch((error: Error) => error);
  // macOS has a java that only says where to get one.
  if (text instanceof Error) return new Error(text.message.split("\n").at(-1));
  return /JAVA_VERSION="([\d.]+)/.exec(text)?.[1] ?? /java\.version = ([\d.]+)/.exec(text)?.[1] ?? "0";
}
