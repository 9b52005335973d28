import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { kafkaBroker } from "@plinth/local/kafka/broker.ts";
import { classArchiveFile, findKafkaLibraries, findProgram } from "@plinth/local/locations.ts";
import { acceptsConnections } from "@plinth/local/supervisor/system/ports.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { findFreePort } from "../free-port.ts";
import { readJavaVersion } from "./java.ts";

/** Whether the archive exists and belongs to the installed Java. */
export async function isClassArchiveCurrent(): Promise<boolean> {
  const java = findProgram("java");
  if (java === undefined || !existsSync(classArchiveFile())) return false;
  return readFileSync(`${classArchiveFile()}.java`, "utf8") === (await javaIdentity(java));
}

/** The build of Java, as the note next to the archive names it. */
async function javaIdentity(java: string): Promise<string> {
  return `${java} ${await readJavaVersion(java)}`;
}

/** Runs a broker once while Java records the classes that it loads, parses and verifies. */
export async function createClassArchive(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "plinth-kafka-"));
  const java = findProgram("java")!;
  const partial = `${classArchiveFile()}.${process.pid}`;
  rmSync(classArchiveFile(), { force: true });
  const { args, files, ports } = kafkaBroker(await findFreePort(2), findKafkaLibraries()!, folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  const broker = spawn(java, [`-XX:ArchiveClassesAtExit=${partial}`, ...args], { cwd: folder, stdio: "ignore" });
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
      throw new UserError(
        `The broker ended with exit code ${broker.exitCode} while its class archive was recorded: check that 'java -version' works`,
      );
    if (Date.now() > deadline)
      throw new UserError("The broker did not start within 60 seconds while its class archive was recorded");
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
