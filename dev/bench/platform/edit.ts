import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../tests/support/eventually.ts";
import type { Command } from "../../../tests/support/stack/command.ts";
import { KeepAliveLoad } from "../../../tests/support/stack/keep-alive-load.ts";
import { Stack } from "../../../tests/support/stack/stack.ts";
import type { BenchmarkRow } from "../row.ts";
import { formatSeconds, medianAndRange } from "../statistics.ts";

const EDITS = 9;
const POLL_MS = 5;
/** Between two edits, to let the service settle. */
const PAUSE_MS = 1500;

/** Time from saving a file of a service until its new code answers, under `make dev`. */
export async function benchmarkEdits(): Promise<BenchmarkRow[]> {
  const stack = await Stack.create();
  try {
    await stack.expectSuccess("up");
    const dev = stack.follow("dev");
    await eventually("make dev watches", () => dev.output.includes("make dev follows"));
    const kit = await measureEdits(stack, dev, join("services", "kit", "http", "server.ts"));
    const own = await measureEdits(stack, dev, join("services", "wallet", "app.ts"));
    const busy = new KeepAliveLoad(`http://127.0.0.1:${stack.ports.wallet}/health`);
    let faults: string[] = [];
    const loaded = await measureEdits(stack, dev, join("services", "wallet", "app.ts")).finally(async () => {
      // Its requests keep this process alive when an edit fails.
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
        what: "requests meanwhile without an answer, each on a new connection",
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

/** Each edit changes the title of the wallet's OpenAPI document. */
async function measureEdits(
  stack: Stack,
  dev: Command,
  file: string,
): Promise<{ ms: number[]; asked: number; failed: number }> {
  const path = join(stack.root, file);
  const before = readFileSync(path, "utf8");
  const url = `http://127.0.0.1:${stack.ports.wallet}/openapi.json`;
  const result = { ms: [] as number[], asked: 0, failed: 0 };
  for (let edit = 1; edit <= EDITS + 1; edit++) {
    const title = `edited ${edit} ${file}`;
    writeFileSync(
      path,
      before.replace(TITLE, (_, field: string) => `${field}: ${JSON.stringify(title)}`),
    );
    const start = performance.now();
    for (;;) {
      result.asked++;
      const answer = await fetchText(url);
      if (answer === undefined) result.failed++;
      if (answer?.includes(title)) break;
      if (dev.ended || performance.now() - start > 30_000)
        throw new Error(
          `An edit of ${file} was not live ${dev.ended ? "when 'make dev' ended" : "after 30 s"}; its last output:\n${dev.output.slice(-2000)}`,
        );
      await sleep(POLL_MS);
    }
    // The first edit fills the compile cache of this clone.
    if (edit > 1) result.ms.push(performance.now() - start);
    await sleep(PAUSE_MS);
  }
  writeFileSync(path, before);
  await sleep(PAUSE_MS);
  return result;
}

/** The title as the service gives it, and as the kit passes it on. */
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
