import { goTool } from "@plinth/toolchain/go/go.ts";
import { whatPersonHasToDo } from "@plinth/toolchain/setup.ts";
import { isInstalled, type Tool } from "@plinth/toolchain/tool.ts";
import { controlPlaneTools, fullProfileTools, observabilityTestTools, platformTools } from "@plinth/toolchain/tools.ts";
import { main } from "../terminal/main.ts";
import { formatTable } from "../terminal/table.ts";

/**
 * `make doctor`: lists the tools of this machine, their origin, and what to type for missing ones.
 * Exit code 1 when the platform lacks one.
 */
await main(async () => {
  const platformRows = await inspectTools(platformTools, "make setup");
  const profileRows = await inspectTools(fullProfileTools, "make up PROFILE=full   (only that profile needs it)");
  // Only tests need these, and install them.
  const testRows = await inspectTools(
    [...controlPlaneTools, ...observabilityTestTools],
    "make test   (only its tests need it, and install it)",
  );
  console.log(
    formatTable(
      ["tool", "state", "version", "where, or what to type"],
      [...platformRows, await inspectGo(), ...profileRows, ...testRows],
    ),
  );
  return platformRows.every(([, state]) => state === "ok") ? 0 : 1;
});

/** What `make setup` would say of each tool, found by the same questions. */
function inspectTools(tools: readonly Tool[], command: string): Promise<string[][]> {
  return Promise.all(
    tools.map(async (tool) => {
      const found = await tool.find();
      if (isInstalled(found)) return [tool.name, "ok", found.version, found.from];
      const sentence = (await whatPersonHasToDo(tool)) ?? command;
      // The row of Go has its command.
      const what = sentence.replace(`. Type: ${goTool.remedy}`, ": see Go");
      return [tool.name, found === undefined ? "missing" : "unusable", "", what];
    }),
  );
}

/** Only builds need it, and the tools that are to be built ask for it. */
async function inspectGo(): Promise<string[]> {
  const found = await goTool.find();
  if (isInstalled(found)) return [goTool.name, "ok", found.version, found.from];
  const only = "only what cannot be downloaded needs it";
  return [goTool.name, found === undefined ? "absent" : "too old", "", `${found ?? only}: ${goTool.remedy}`];
}
