import { status } from "@plinth/runtime/supervisor/client.ts";
import { Stack } from "../../tests/support/stack.ts";
import { type Memory, memoryOf } from "../memory.ts";
import { betsBench } from "./bets.ts";
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
      ...(await bets(stack)),
    ];
  } finally {
    await stack.destroy();
  }
}

async function bets(stack: Stack): Promise<Row[]> {
  const wallet = (await status(stack.directory)).find(({ name }) => name === "wallet");
  return betsBench({ base: `http://127.0.0.1:${stack.ports.wallet}`, ...(wallet?.pid === undefined ? {} : { pid: wallet.pid }) });
}

async function memoryRow(stack: Stack): Promise<Row> {
  const kept = (await status(stack.directory)).flatMap(({ name, pid }) => (pid === undefined ? [] : [{ name, ...memoryOf(pid) }]));
  // Everything else is its descendant, unless a killed supervisor was followed by this one: here none was.
  const total = memoryOf(stack.supervisor()!.pid);
  const own = (kind: keyof Memory) => total[kind] - kept.reduce((sum, each) => sum + each[kind], 0);
  const parts = [{ name: "supervisor", resident: own("resident"), proportional: own("proportional") }, ...kept];
  return {
    what: `platform at rest (${parts.map(({ name, resident }) => `${name} ${Math.round(resident)}`).join(", ")})`,
    goal: "≤ 700 MiB resident",
    measured: `${Math.round(total.resident)} MiB; ${Math.round(total.proportional)} MiB with shared pages counted once`,
  };
}
