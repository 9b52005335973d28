import { UserError } from "@plinth/local/user-error.ts";
import { isInstalled, type Tool } from "./tool.ts";
import { platformTools } from "./tools.ts";

/**
 * Installs the tools that this machine lacks, with progress on standard error.
 *
 * @throws {@link UserError} before anything is installed: a line for each tool that a person has to
 *   install, or that another one needs, with the command
 */
export async function installMissing(tools = platformTools): Promise<void> {
  const missing = await Promise.all(tools.map(async (tool) => (isInstalled(await tool.find()) ? [] : [tool])));
  const complaints = await Promise.all(missing.flat().map(whatPersonHasToDo));
  const sentences = complaints.filter((sentence) => sentence !== undefined);
  if (sentences.length > 0) throw new UserError(sentences.join("\n"));
  for (const tool of missing.flat()) {
    // Looked for again: a tool that was installed just now may have been all that it lacked.
    if (isInstalled(await tool.find())) continue;
    const install = tool.install!;
    const started = Date.now();
    console.error(`${tool.name} is missing: installing it (${install.duration})`);
    const ticker = new ProgressTicker(tool.name);
    await install.run((line) => ticker.report(line)).finally(() => ticker.stop());
    const after = await tool.find();
    if (!isInstalled(after))
      throw new UserError(
        `${tool.name} was installed but still does not work${after ? `: ${after}` : ""}. Type: ${tool.remedy}`,
      );
    console.error(`  ${tool.name} ${after.version} is here (${Math.round((Date.now() - started) / 1000)} s)`);
  }
}

/** A sentence for what a missing tool needs before it can be installed; undefined: nothing. */
export async function whatPersonHasToDo(tool: Tool): Promise<string | undefined> {
  const found = await tool.find();
  if (isInstalled(found)) return undefined;
  if (typeof found === "string") return `${found}. Type: ${tool.remedy}`;
  if (tool.install === undefined) return `${tool.name} is missing. Type: ${tool.remedy}`;
  try {
    await tool.install.check?.();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Repeats the last progress line with the seconds so far, to show that a long build goes on. */
class ProgressTicker {
  private timer: NodeJS.Timeout | undefined;
  private readonly started = Date.now();
  private readonly tool: string;

  constructor(tool: string) {
    this.tool = tool;
  }

  report(line: string): void {
    this.stop();
    console.error(`  ${this.tool}: ${line} …`);
    this.timer = setInterval(
      () => console.error(`  ${this.tool}: still ${line} (${Math.round((Date.now() - this.started) / 1000)} s so far)`),
      30_000,
    );
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
