import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Busy } from "../../tests/support/busy.ts";
import type { Command } from "../../tests/support/command.ts";
import { eventually } from "../../tests/support/eventually.ts";
import { Stack } from "../../tests/support/stack.ts";
import { type Row, seconds, spread } from "./row.ts";

const EDITS = 9;
const ASK_EVERY_MS = 5;
/** Between two edits, so that each meets a service at rest. */
const REST_MS = 1500;

/** From the moment that a file of a service was written until its new code answers, on a running stack of its own with `make dev`. */
export async function editBench(): Promise<Row[]> {
  const stack = await Stack.create();
  try {
    await stack.succeed("up");
    const dev = stack.follow("dev");
    await eventually("make dev watches", () => dev.output.includes("make dev follows"));
    const kit = await edits(stack, dev, join("services", "kit", "http.ts"));
    const own = await edits(stack, dev, join("services", "wallet", "app.ts"));
    const busy = new Busy(`http://127.0.0.1:${stack.ports.wallet}/health`);
    let faults: string[] = [];
    const loaded = await edits(stack, dev, join("services", "wallet", "app.ts")).finally(async () => {
      // Its requests would otherwise keep this process alive when an edit fails.
      faults = await busy.end();
    });
    dev.signal("SIGINT");
    await dev.result;
    const asked = own.asked + kit.asked + loaded.asked;
    const failed = own.failed + kit.failed + loaded.failed;
    return [
      { what: `edit of a service, until its new code answers (${EDITS} edits)`, goal: "≤ 1 s", measured: spread(own.ms, seconds) },
      { what: "edit of the kit, the same, with every service restarted", goal: "printed", measured: spread(kit.ms, seconds) },
      { what: "edit of a service under requests on 4 kept-alive connections", goal: "printed", measured: spread(loaded.ms, seconds) },
      { what: "requests meanwhile without an answer, each on a connection of its own", goal: "0", measured: `${failed} of ${asked}` },
      { what: "requests meanwhile without an answer, on the kept-alive ones", goal: "0", measured: `${faults.length} of ${busy.answers}` },
    ];
  } finally {
    await stack.destroy();
  }
}

/** Each edit changes the version that the wallet's OpenAPI document states. */
async function edits(stack: Stack, dev: Command, file: string): Promise<{ ms: number[]; asked: number; failed: number }> {
  const path = join(stack.root, file);
  const before = readFileSync(path, "utf8");
  const url = `http://127.0.0.1:${stack.ports.wallet}/openapi.json`;
  const found = { ms: [] as number[], asked: 0, failed: 0 };
  for (let edit = 1; edit <= EDITS + 1; edit++) {
    const title = `edited ${edit} ${file}`;
    writeFileSync(
      path,
      before.replace(TITLE, (_, field: string) => `${field}: ${JSON.stringify(title)}`),
    );
    const begun = performance.now();
    for (;;) {
      found.asked++;
      const answer = await ask(url);
      if (answer === undefined) found.failed++;
      if (answer?.includes(title)) break;
      if (dev.ended || performance.now() - begun > 30_000)
        throw new Error(
          `An edit of ${file} was not live ${dev.ended ? "when 'make dev' ended" : "after 30 s"}; it printed at last:\n${dev.output.slice(-2000)}`,
        );
      await sleep(ASK_EVERY_MS);
    }
    // The first one compiles what was never compiled in this clone.
    if (edit > 1) found.ms.push(performance.now() - begun);
    await sleep(REST_MS);
  }
  writeFileSync(path, before);
  await sleep(REST_MS);
  return found;
}

/** What is replaced: the title as the service gives it, and as the kit passes it on. */
const TITLE = /(?<=[{ ])(title): (?:"Wallet"|settings\.title)/;

function ask(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    http
      .get(url, { agent: false }, (response) => {
        let text = "";
        response
          .setEncoding("utf8")
          .on("data", (chunk) => (text += chunk))
          .on("end", () => resolve(text))
          .on("error", () => resolve(undefined));
      })
      .on("error", () => resolve(undefined));
  });
}
