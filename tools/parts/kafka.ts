import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { classArchive, KAFKA_VERSION, kafkaDirectory, programOnPath, root } from "@plinth/runtime/locations.ts";
import { accepts } from "@plinth/runtime/supervisor/ports.ts";
import { brokerProcess } from "../../components/process/redpanda.ts";
import { freePort } from "../ports.ts";
import { javaVersion } from "./java.ts";
import type { Part } from "./part.ts";
import { run } from "./run.ts";

export const kafka: Part = {
  name: "Kafka",
  remedy: "make setup",
  find: async () => {
    if (!kafkaJars() || !(await archiveFits())) return undefined;
    return { version: KAFKA_VERSION, from: kafkaDirectory() };
  },
  install: {
    takes: "about 20 seconds, once",
    async run(progress) {
      if (!kafkaJars()) {
        progress("its jars, through Maven");
        await downloadJars();
      }
      progress("its class archive, which halves the time to start");
      await archiveClasses();
    },
  },
};

/** Whether the broker's jars are complete: they are moved into place only then. */
export function kafkaJars(): boolean {
  return existsSync(join(kafkaDirectory(), "libs"));
}

async function downloadJars(): Promise<void> {
  const partial = join(kafkaDirectory(), `libs.${process.pid}.partial`);
  mkdirSync(partial, { recursive: true });
  const goal = [
    "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
    "-DincludeScope=runtime",
    `-DoutputDirectory=${partial}`,
  ];
  await run("mvn", ["-q", "-B", "-f", join(root, "tools", "kafka", "pom.xml"), ...goal], { seconds: 600 });
  if (kafkaJars()) rmSync(partial, { recursive: true });
  else renameSync(partial, join(kafkaDirectory(), "libs"));
}

/** The archive belongs to one build of Java; the note beside it says which. */
async function archiveFits(): Promise<boolean> {
  const java = programOnPath("java");
  if (java === undefined || !existsSync(classArchive())) return false;
  return readFileSync(`${classArchive()}.java`, "utf8") === (await javaIdentity(java));
}

async function javaIdentity(java: string): Promise<string> {
  return `${java} ${await javaVersion(java)}`;
}

/** Runs a broker once, and has Java keep the classes that it loaded, parsed and verified. */
async function archiveClasses(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "plinth-kafka-"));
  const java = programOnPath("java")!;
  const partial = `${classArchive()}.${process.pid}`;
  rmSync(classArchive(), { force: true });
  const spec = brokerProcess({ brokerPort: await freePort(2), registryPort: 0 }, folder);
  for (const [path, content] of Object.entries(spec.files)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  const broker = spawn(java, [`-XX:ArchiveClassesAtExit=${partial}`, ...spec.args], { stdio: "ignore" });
  try {
    await serving(broker, spec.ports.kafka!);
  } finally {
    await ended(broker);
  }
  writeFileSync(`${classArchive()}.java`, await javaIdentity(java));
  renameSync(partial, classArchive());
  rmSync(folder, { recursive: true, force: true });
}

async function serving(broker: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await accepts(port))) {
    if (broker.exitCode !== null)
      throw new Error(
        `the broker ended with exit code ${broker.exitCode} while its class archive was made: run 'java -version' and see that it works`,
      );
    if (Date.now() > deadline) throw new Error("the broker did not start within 60 seconds while its class archive was made");
    await sleep(100);
  }
}

function ended(broker: ChildProcess): Promise<void> {
  if (broker.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    broker.once("exit", () => resolve());
    broker.kill("SIGTERM");
  });
}
