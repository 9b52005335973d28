import { pathToFileURL } from "node:url";
import { isInstalled } from "./tool.ts";
import { controlPlaneTools, platformTools as platformParts } from "./tools.ts";

/**
 * Brings whatever of `parts` is missing on this machine, once, with progress on standard error.
 * Throws one sentence for the first part that it cannot bring, with the command that does.
 */
export async function installMissing(parts = platformParts): Promise<void> {
  const missing = await Promise.all(parts.map(async (part) => (isInstalled(await part.find()) ? [] : [part])));
  for (const part of missing.flat()) {
    // Again: what was brought before it may be all that it lacked.
    const before = await part.find();
    if (isInstalled(before)) continue;
    if (typeof before === "string") throw new Error(`${before}. Type: ${part.remedy}`);
    if (part.install === undefined) throw new Error(`${part.name} is missing. Type: ${part.remedy}`);
    const started = Date.now();
    console.error(`${part.name} is missing: bringing it (${part.install.duration})`);
    const ticker = new ProgressTicker(part.name);
    await part.install.run((line) => ticker.report(line)).finally(() => ticker.stop());
    const after = await part.find();
    if (!isInstalled(after))
      throw new Error(
        `${part.name} was installed but is still not usable${after ? `: ${after}` : ""}. Type: ${part.remedy}`,
      );
    console.error(`  ${part.name} ${after.version} is here (${Math.round((Date.now() - started) / 1000)} s)`);
  }
}

/** Repeats the last line with the seconds so far, so that a long build is seen to live. */
class ProgressTicker {
  private timer: NodeJS.Timeout | undefined;
  private readonly started = Date.now();
  private readonly tool: string;

  constructor(part: string) {
    this.tool = part;
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

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  await installMissing(process.argv[2] === "cluster" ? [...platformParts, ...controlPlaneTools] : platformParts).then(
    () => console.error("Everything is here. Next: make up"),
    (error: Error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  );
}
