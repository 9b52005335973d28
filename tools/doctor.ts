import { isFound, type Part } from "./parts/part.ts";
import { clusterParts, parts } from "./parts/parts.ts";
import { table } from "./table.ts";

/** `make doctor`: what this machine has, from where, and what to type for what is missing. Exit code 1 when the platform lacks anything. */
const platform = await look(parts, "make setup");
// Only the tests of the Kubernetes half need these, and bring them: a machine without them can run the platform.
const cluster = await look(clusterParts, "make test   (only its cluster tests need it, and bring it)");
console.log(table(["part", "state", "version", "where, or what to type"], [...platform, ...cluster]));
process.exitCode = platform.every(([, state]) => state === "ok") ? 0 : 1;

function look(some: Part[], brings: string): Promise<string[][]> {
  return Promise.all(
    some.map(async (part) => {
      const found = await part.find();
      if (isFound(found)) return [part.name, "ok", found.version, found.from];
      const how = part.install ? brings : part.remedy;
      return [part.name, found === undefined ? "missing" : "unusable", "", found === undefined ? how : `${found}: ${how}`];
    }),
  );
}
