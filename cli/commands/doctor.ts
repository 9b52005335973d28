import { isInstalled, type Tool } from "@plinth/toolchain/tool.ts";
import { controlPlaneTools, platformTools } from "@plinth/toolchain/tools.ts";
import { formatTable } from "../terminal/table.ts";

/**
 * `make doctor`: what this machine has, from where, and what to type for what is missing. Exit code
 * 1 when the platform lacks anything.
 */
const platformRows = await inspectTools(platformTools, "make setup");
// Only the tests of the Kubernetes half need these, and bring them: a machine without them can run
// the platform.
const controlPlaneRows = await inspectTools(
  controlPlaneTools,
  "make test   (only its cluster tests need it, and bring it)",
);
console.log(
  formatTable(["part", "state", "version", "where, or what to type"], [...platformRows, ...controlPlaneRows]),
);
process.exitCode = platformRows.every(([, state]) => state === "ok") ? 0 : 1;

function inspectTools(some: Tool[], brings: string): Promise<string[][]> {
  return Promise.all(
    some.map(async (part) => {
      const found = await part.find();
      if (isInstalled(found)) return [part.name, "ok", found.version, found.from];
      const how = part.install ? brings : part.remedy;
      return [
        part.name,
        found === undefined ? "missing" : "unusable",
        "",
        found === undefined ? how : `${found}: ${how}`,
      ];
    }),
  );
}
