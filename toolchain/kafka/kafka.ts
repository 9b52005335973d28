import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { kafkaBroker } from "@plinth/local/kafka/broker.ts";
import {
  classArchiveFile,
  findKafkaLibraries,
  findProgram,
  KAFKA_VERSION,
  kafkaDirectory,
} from "@plinth/local/locations.ts";
import { acceptsConnections } from "@plinth/local/supervisor/system/ports.ts";
import { runCommand } from "../command.ts";
import { findFreePort } from "../free-port.ts";
import type { Tool } from "../tool.ts";
import { readJavaVersion } from "./java.ts";

export const kafkaTool: Tool = {
  name: "Kafka",
  remedy: "make setup",
  find: async () => {
    if (findKafkaLibraries() === undefined || !(await isClassArchiveCurrent())) return undefined;
    return { version: KAFKA_VERSION, from: kafkaDirectory() };
  },
  install: {
    duration: "about 20 seconds, once",
    async run(progress) {
      if (findKafkaLibraries() === undefined) {
        progress("its jars, through Maven");
        await downloadJars();
      }
      progress("its class archive, which halves the time to start");
      await createClassArchive();
    },
  },
};

async function downloadJars(): Promise<void> {
  const partial = join(kafkaDirectory(), `libs.${process.pid}.partial`);
  mkdirSync(partial, { recursive: true });
  const goal = [
    "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
    "-DincludeScope=runtime",
    `-DoutputDirectory=${partial}`,
  ];
  await runCommand("mvn", ["-q", "-B", "-f", join(import.meta.dirname, "pom.xml"), ...goal], { seconds: 600 });
  // Another setup may have finished meanwhile.
  if (findKafkaLibraries() === undefined) renameSync(partial, join(kafkaDirectory(), "libs"));
  else rmSync(partial, { recursive: true });
}

/** The archive belongs to one build of Java; the note beside it says which. */
async function isClassArchiveCurrent(): Promise<boolean> {
  const java = findProgram("java");
  if (java === undefined || !existsSync(classArchiveFile())) return false;
  return readFileSync(`${classArchiveFile()}.java`, "utf8") === (await javaIdentity(java));
}

async function javaIdentity(java: string): Promise<string> {
  return `${java} ${await readJavaVersion(java)}`;
}

/** Runs a broker once, and has Java keep the classes that it loaded, parsed and verified. */
async function createClassArchive(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "plinth-kafka-"));
  const java = findProgram("java")!;
  const partial = `${classArchiveFile()}.${process.pid}`;
  rmSync(classArchiveFile(), { force: true });
  const { args, files, ports } = kafkaBroker(await findFreePort(2), findKafkaLibraries()!, folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  const broker = spawn(java, [`-XX:ArchiveClassesAtExit=${partial}`, ...args], { stdio: "ignore" });
  try {
    await waitUntilServing(broker, ports.kafka);
  } finally {
    await stopBroker(broker);
  }
  writeFileSync(`${classArchiveFile()}.java`, await javaIdentity(java));
  renameSync(partial, classArchiveFile());
  rmSync(folder, { recursive: true, force: true });
}

async function waitUntilServing(broker: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await acceptsConnections(port))) {
    if (broker.exitCode !== null)
      throw new Error(
        `the broker ended with exit code ${broker.exitCode} while its class archive was made: run 'java -version' and see that it works`,
      );
    if (Date.now() > deadline)
      throw new Error("the broker did not start within 60 seconds while its class archive was made");
    await sleep(100);
  }
}

function stopBroker(broker: ChildProcess): Promise<void> {
  if (broker.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    broker.once("exit", () => resolve());
    broker.kill("SIGTERM");
  });
}
