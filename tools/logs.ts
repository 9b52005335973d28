import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { directoryOf } from "./endpoints.ts";
import { main } from "./main.ts";
import { Tail } from "./tail.ts";

const colours = [36, 33, 32, 35, 34, 31];

/** `make logs`: the last lines of each log, then what is added, until Ctrl-C; without a terminal only the last lines. */
await main(async (stack, options) => {
  const directory = await directoryOf(stack);
  const folder = join(directory, "logs");
  const all = readdirSync(folder)
    .filter((name) => name.endsWith(".log"))
    .map((name) => basename(name, ".log"));
  const wanted = options.size > 0 ? [...options] : all;
  const unknown = wanted.find((name) => !existsSync(join(folder, `${name}.log`)));
  if (unknown !== undefined) throw new Error(`There is no process '${unknown}'; those with logs are ${all.join(", ")}`);
  const width = Math.max(...wanted.map((name) => name.length));
  const tails = wanted.map((name, index) => new Tail(join(folder, `${name}.log`), prefix(name.padEnd(width), index)));
  for (const tail of tails) tail.print();
  // A pager or a script wants the lines, not to wait for ever.
  while (process.stdout.isTTY) {
    await sleep(200);
    for (const tail of tails) tail.print();
  }
  return 0;
});

function prefix(name: string, index: number): string {
  return process.stdout.isTTY ? `\u001b[${colours[index % colours.length]}m${name} |\u001b[0m ` : `${name} | `;
}
