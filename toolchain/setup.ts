import { UserError } from "@plinth/local/user-error.ts";
import { isInstalled } from "./tool.ts";
import { platformTools } from "./tools.ts";

/**
 * Installs the tools that this machine lacks, with progress on standard error.
 *
 * @throws {@link UserError} for the first tool that it cannot install, with the command that does
 */
export async function installMissing(tools = platformTools): Promise<void> {
  const missing = await Promise.all(tools.map(async (tool) => (isInstalled(await tool.find()) ? [] : [tool])));
  for (const tool of missing.flat()) {
    // Looked for again: a tool that was installed just now may have been all that it lacked.
    const before = await tool.find();
    if (isInstalled(before)) continue;
    if (typeof before === "string") throw new UserError(`${before}. Type: ${tool.remedy}`);
    if (tool.install === undefined) throw new UserError(`${tool.name} is missing. Type: ${tool.remedy}`);
    const started = Date.now();
    console.error(`${tool.name} is missing: installing it (${tool.install.duration})`);
    const ticker = new ProgressTicker(tool.name);
    await tool.install.run((line) => ticker.report(line)).finally(() => ticker.stop());
    const after = await tool.find();
    if (!isInstalled(after))
      throw new UserError(
        `${tool.name} was installed but still does not work${after ? `: ${after}` : ""}. Type: ${tool.remedy}`,
      );
    console.error(`  ${tool.name} ${after.version} is here (${Math.round((Date.now() - started) / 1000)} s)`);
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
