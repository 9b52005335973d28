import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { cacheDirectory } from "@plinth/local/locations.ts";

/** Java Avro's answer for one pair of schemas. */
export interface JavaVerdict {
  /** Why Java refuses the schema; empty if it accepts it. */
  readerFault: string;
  writerFault: string;
  /**
   * `kind@location` of each incompatibility; undefined when one of the schemas is refused;
   * `["THROWS"]` when Java throws.
   */
  found: string[] | undefined;
  canonical: string;
  parsingForm: string;
  /** A value of the writer as the reader's, in hexadecimal digits; after "!" why that failed. */
  resolved: string;
}

/** Two schemas, and maybe a value of the writer in hexadecimal digits. */
export type JavaPair = readonly [reader: string, writer: string, value?: string];

const POM = join(import.meta.dirname, "pom.xml");
const version = /<artifactId>avro<\/artifactId>\s*<version>([^<]+)/.exec(readFileSync(POM, "utf8"))?.[1];
const folder = join(cacheDirectory(), `avro-${version}`);

/**
 * Installs Java Avro's jars in the user's cache.
 *
 * @returns why that failed; undefined if the jars exist
 */
export function javaUnavailableReason(): string | undefined {
  if (existsSync(folder)) return undefined;
  mkdirSync(cacheDirectory(), { recursive: true });
  const fresh = `${folder}.${process.pid}`;
  const { status, error, stdout } = spawnSync(
    "mvn",
    ["-q", "-B", "-f", POM, "dependency:copy-dependencies", `-DoutputDirectory=${fresh}`],
    { encoding: "utf8" },
  );
  if (status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    return `Maven could not install Java Avro: ${error?.message ?? stdout.trim().split("\n")[0]}`;
  }
  // Atomic, also for two concurrent runs.
  if (!existsSync(folder)) renameSync(fresh, folder);
  return undefined;
}

/** A running Java program that judges pairs of schemas in the order of requests. */
export class JavaAvro {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #before: Promise<unknown> = Promise.resolve();
  #errors = "";

  constructor() {
    const flags = ["-XX:+UseSerialGC", "-Xmx512m", "-Xss4m"];
    this.#child = spawn("java", [...flags, "-cp", `${folder}/*`, join(import.meta.dirname, "Compare.java")], {
      stdio: "pipe",
    });
    this.#child.stderr?.on("data", (chunk) => {
      this.#errors += chunk;
    });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error("java has no output");
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** May be called before earlier calls have their answer: answers keep the order. */
  judge(pairs: readonly JavaPair[]): Promise<JavaVerdict[]> {
    this.#child.stdin?.write(pairs.map((pair) => `${pair.join("\t")}\n`).join(""));
    const answers = this.#before.then(() => this.#read(pairs.length));
    this.#before = answers;
    return answers;
  }

  async #read(count: number): Promise<JavaVerdict[]> {
    const verdicts: JavaVerdict[] = [];
    while (verdicts.length < count) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(`java ended early: ${this.#errors}`);
      const [readerFault = "", writerFault = "", found = "", canonical = "", parsingForm = "", resolved = ""] = (
        value as string
      ).split("\t");
      const judged = readerFault === "" && writerFault === "";
      verdicts.push({
        readerFault,
        writerFault,
        found: judged ? found.split(" ").filter(Boolean) : undefined,
        canonical,
        parsingForm,
        resolved,
      });
    }
    return verdicts;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin?.end();
    await ended;
  }
}
