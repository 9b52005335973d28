import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { findProgram, KAFKA_VERSION, kafkaDirectory } from "@plinth/local/locations.ts";
import { runCommand } from "@plinth/toolchain/command.ts";

/**
 * Runs a program of Kafka's distribution, such as `ConsoleProducer`, and returns its output.
 * @throws {Error} with its messages if it fails
 */
export async function kafkaTool(name: string, args: readonly string[], input = ""): Promise<string> {
  const classPath = `${kafkaDirectory()}/libs/*:${await toolsJar()}`;
  const tool = spawn(findProgram("java")!, [
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-cp",
    classPath,
    `org.apache.kafka.tools.${name}`,
    ...args,
  ]);
  tool.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([text(tool.stdout), text(tool.stderr), once(tool, "exit")]);
  if (code !== 0) throw new Error(`Kafka's ${name} ended with ${code}: ${stderr}`);
  return stdout;
}

/** Downloads the tools, which are not among the broker's jars. */
async function toolsJar(): Promise<string> {
  const folder = join(kafkaDirectory(), "tools");
  const jar = join(folder, `kafka-tools-${KAFKA_VERSION}.jar`);
  if (!existsSync(jar)) {
    mkdirSync(folder, { recursive: true });
    const goal = [
      "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy",
      `-Dartifact=org.apache.kafka:kafka-tools:${KAFKA_VERSION}`,
    ];
    await runCommand("mvn", ["-q", "-B", ...goal, `-DoutputDirectory=${folder}`], { seconds: 300 });
  }
  return jar;
}
