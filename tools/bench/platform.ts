import { status } from "@plinth/runtime/supervisor/client.ts";
import { Stack } from "../../tests/support/stack.ts";
import { residentMiB } from "../memory.ts";
import { type Row, seconds, spread, timed } from "./row.ts";

const UPS = 3;
const NO_OPS = 5;
/** After the last start, so that what runs once at a start is over. */
const REST_MS = 5000;

/** Whole commands, as a person runs them, on a stack of its own beside the clone's. */
export async function platformBench(): Promise<Row[]> {
  const stack = await Stack.create();
  try {
    const ups: number[] = [];
    for (let i = 0; i < UPS; i++) {
      ups.push((await timed(() => stack.succeed("up"))).ms);
      if (i < UPS - 1) await stack.succeed("down", "PURGE=1");
    }
    const noOps: number[] = [];
    for (let i = 0; i < NO_OPS; i++) noOps.push((await timed(() => stack.succeed("up"))).ms);
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    return [
      { what: "make up, empty data", goal: "≤ 15 s (8 s)", measured: spread(ups, seconds) },
      { what: "make up, nothing changed", goal: "≤ 3 s", measured: spread(noOps, seconds) },
      await memoryRow(stack),
    ];
  } finally {
    await stack.destroy();
  }
}

async function memoryRow(stack: Stack): Promise<Row> {
  const total = residentMiB(stack.supervisor()!.pid);
  const kept = (await status(stack.directory)).flatMap(({ name, pid }) => (pid === undefined ? [] : [{ name, mib: residentMiB(pid) }]));
  const supervisor = { name: "supervisor", mib: total - kept.reduce((sum, { mib }) => sum + mib, 0) };
  const own = [supervisor, ...kept].map(({ name, mib }) => `${name} ${Math.round(mib)}`);
  return { what: `platform at rest (${own.join(", ")})`, goal: "≤ 700 MiB", measured: `${Math.round(total)} MiB` };
}
