import { isFound } from "./parts/part.ts";
import { parts } from "./parts/parts.ts";
import { table } from "./table.ts";

/** `make doctor`: what this machine has, from where, and what to type for what is missing. Exit code 1 when anything is. */
const found = await Promise.all(parts.map(async (part) => ({ part, state: await part.find() })));
const rows = found.map(({ part, state }) => {
  if (isFound(state)) return [part.name, "ok", state.version, state.from];
  const how = part.install ? "make setup" : part.remedy;
  return [part.name, state === undefined ? "missing" : "unusable", "", state === undefined ? how : `${state}: ${how}`];
});
console.log(table(["part", "state", "version", "where, or what to type"], rows));
process.exitCode = found.every(({ state }) => isFound(state)) ? 0 : 1;
