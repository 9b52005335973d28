import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../tests/support/eventually.ts";
import type { Command } from "../../../tests/support/stack/command.ts";
import { KeepAliveLoad } from "../../../tests/support/stack/keep-alive-load.ts";
import { Stack } from "../../../tests/support/stack/stack.ts";
import { type BenchmarkRow, formatSeconds, medianAndRange } from "../row.ts";

const EDITS = 9;
const POLL_MS = 5;
/** Between two edits, so that each meets a service at rest. */
const PAUSE_MS = 1500;

/**
 * From the moment that a file of a service was written until its new code answers, on a running
 * stack of its own with `make dev`.
 */
export async function benchmarkEdits(): Promise<BenchmarkRow[]> {
  const stack = await Stack.create();
  try {
    await stack.expectSuccess("up");
    const dev = stack.follow("dev");
    await eventually("make dev watches", () => dev.output.includes("make dev follows"));
    const kit = await measureEdits(stack, dev, join("services", "kit", "http.ts"));
    const own = await measureEdits(stack, dev, join("services", "wallet", "app.ts"));
    const busy = new KeepAliveLoad(`http://127.0.0.1:${stack.ports.wallet}/health`);
    let faults: string[] = [];
    const loaded = await measureEdits(stack, dev, join("services", "wallet", "app.ts")).finally(async () => {
      // Its requests would otherwise keep this process alive when an edit fails.
      faults = await busy.stop();
    });
    dev.signal("SIGINT");
    await dev.result;
    const asked = own.asked + kit.asked + loaded.asked;
    const failed = own.failed + kit.failed + loaded.failed;
    return [
      {
        what: `edit of a service, until its new code answers (${EDITS} edits)`,
        goal: "≤ 1 s",
        measured: medianAndRange(own.ms, formatSeconds),
      },
      {
        what: "edit of the kit, the same, with every service restarted",
        goal: "printed",
        measured: medianAndRange(kit.ms, formatSeconds),
      },
      {
        what: "edit of a service under requests on 4 kept-alive connections",
        goal: "printed",
        measured: medianAndRange(loaded.ms, formatSeconds),
      },
      {
        what: "requests meanwhile without an answer, each on a connection of its own",
        goal: "0",
        measured: `${failed} of ${asked}`,
      },
      {
        what: "requests meanwhile without an answer, on the kept-alive ones",
        goal: "0",
        measured: `${faults.length} of ${busy.answers}`,
      },
    ];
  } finally {
    await stack.destroy();
  }
}

/** Each edit changes the version that the wallet's OpenAPI document states. */
async function measureEdits(
  stack: Stack,
  dev: Command,
  file: string,
): Promise<{ ms: number[]; asked: number; failed: number }> {
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
      const answer = await fetchText(url);
      if (answer === undefined) found.failed++;
      if (answer?.includes(title)) break;
      if (dev.ended || performance.now() - begun > 30_000)
        throw new Error(
          `An edit of ${file} was not live ${dev.ended ? "when 'make dev' ended" : "after 30 s"}; it printed at last:\n${dev.output.slice(-2000)}`,
        );
      await sleep(POLL_MS);
    }
    // The first one compiles what was never compiled in this clone.
    if (edit > 1) found.ms.push(performance.now() - begun);
    await sleep(PAUSE_MS);
  }
  writeFileSync(path, before);
  await sleep(PAUSE_MS);
  return found;
}

/** What is replaced: the title as the service gives it, and as the kit passes it on. */
const TITLE = /(?<=[{ ])(title): (?:"Wallet"|settings\.title)/;

function fetchText(url: string): Promise<string | undefined> {
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
