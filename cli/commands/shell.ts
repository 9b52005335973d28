import { delimiter, join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { Engine } from "../stack/engine.ts";
import { engineEnvironment } from "../stack/engine-environment.ts";
import { formatExports } from "../stack/shell-exports.ts";
import { readStackFile } from "../stack/stack-file.ts";
import { main } from "../terminal/main.ts";

/** As the terminal has it; `main` drops what an earlier `make shell` exported. */
const terminal = { ...process.env };
/** Holds a `pulumi` that refuses other clones, and production with the default passphrase. */
const GUARD = join(root, "toolchain", "pulumi", "shell");

/**
 * `make shell`: prints variables for `eval`. With them plain Pulumi commands work in this terminal,
 * on this stack unless they name another.
 */
await main(async (stack) => {
  const chosen = Object.keys(process.env);
  const { PATH = "", ...variables } = await engineEnvironment(stack);
  const [node, engine] = PATH.split(delimiter) as [string, string];
  // Created here, so that it can be configured before its first 'up'. For production a person first
  // chooses who keeps its secrets.
  const opened = await Engine.open(stack);
  if (!opened.exists && !readStackFile(stack).production) await opened.capture("stack init");
  const exported = {
    ...variables,
    PATH: [GUARD, node, engine].join(delimiter),
    PULUMI_STACK: stack,
    PLINTH_SHELL_PULUMI: join(engine, "pulumi"),
  };
  const kept = chosen.filter((name) => name !== "PULUMI_STACK");
  for (const line of formatExports(exported, kept, terminal)) console.log(line);
  return 0;
});
