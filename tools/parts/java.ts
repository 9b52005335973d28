import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { programOnPath } from "@plinth/runtime/locations.ts";
import type { Part } from "./part.ts";
import { atLeast, run } from "./run.ts";

/** Kafka 4's brokers are compiled for it. */
const OLDEST = "17";

export const java: Part = {
  name: "Java",
  remedy: process.platform === "darwin" ? "brew install openjdk@17" : "apt-get install -y openjdk-17-jre-headless",
  find: async () => {
    const path = programOnPath("java");
    if (path === undefined) return undefined;
    const version = await javaVersion(path);
    if (!atLeast(version, OLDEST)) return `Java ${version} (${path}) is too old for the broker: at least ${OLDEST} is needed`;
    return { version, from: path };
  },
};

/** E.g. "17.0.15". Read from the runtime's release file, because starting Java costs a tenth of a second of every `make up`. */
export async function javaVersion(path: string): Promise<string> {
  const release = join(dirname(dirname(realpathSync(path))), "release");
  const text = existsSync(release)
    ? readFileSync(release, "utf8")
    : await run(path, ["-XshowSettings:properties", "-version"], { seconds: 20 });
  return /JAVA_VERSION="([\d.]+)/.exec(text)?.[1] ?? /java\.version = ([\d.]+)/.exec(text)?.[1] ?? "0";
}
