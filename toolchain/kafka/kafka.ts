import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findKafkaLibraries, KAFKA_VERSION, kafkaDirectory } from "@plinth/local/locations.ts";
import { runCommand } from "../command.ts";
import type { Tool } from "../tool.ts";
import { createClassArchive, isClassArchiveCurrent } from "./class-archive.ts";

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
