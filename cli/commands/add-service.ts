import { createInterface } from "node:readline/promises";
import { addService } from "../add-service/add-service.ts";
import { parseOptions } from "../add-service/options.ts";
import type { Prompt } from "../add-service/prompts.ts";
import { reportCancelled } from "../add-service/report.ts";
import { main } from "../terminal/main.ts";

/**
 * `make add-service`: gives code the files that it needs to run on the platform. It asks on a
 * terminal and shows every file before writing it.
 */
await main(async () => {
  // Ctrl-C ends the git that runs; its work is then undone here.
  process.on("SIGINT", () => undefined);
  const options = parseOptions(process.argv.slice(2));
  const terminal =
    process.stdin.isTTY && !options.yes ? createInterface({ input: process.stdin, output: process.stdout }) : undefined;
  const ask: Prompt | undefined =
    terminal &&
    (async (question, fallback) =>
      (await terminal.question(`${question}${fallback && ` [${fallback}]`}: `)).trim() || fallback);
  try {
    return await addService(options, ask);
  } catch (error) {
    // Ctrl-C or Ctrl-D at a question.
    if ((error as Error).name === "AbortError") return reportCancelled();
    throw error;
  } finally {
    terminal?.close();
  }
});
