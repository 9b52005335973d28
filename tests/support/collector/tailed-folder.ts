import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Counts } from "@plinth/local/collector/counts.ts";
import { BatchWriter } from "@plinth/local/collector/store/batch-writer.ts";
import { StoreEpoch } from "@plinth/local/collector/store/store-epoch.ts";
import { type StoredDocument, VictoriaLogs } from "@plinth/local/collector/store/victoria-logs.ts";
import { Tailer } from "@plinth/local/collector/tail/tailer.ts";

/** A folder of logs, and tailers that bring them to a store. */
export class TailedFolder {
  readonly directory = mkdtempSync(join(tmpdir(), "tailed-"));
  readonly counts = new Counts();
  private readonly url: string;
  private stopping = new AbortController();
  tailer: Tailer | undefined;

  constructor(url: string) {
    this.url = url;
    mkdirSync(join(this.directory, "logs"));
  }

  path(name: string): string {
    return join(this.directory, "logs", `${name}.log`);
  }

  write(name: string, text: string | Buffer): void {
    appendFileSync(this.path(name), text);
  }

  async start(): Promise<void> {
    this.stopping = new AbortController();
    const epoch = new StoreEpoch(this.url);
    this.tailer = new Tailer(
      {
        logs: join(this.directory, "logs"),
        positions: join(this.directory, "positions.json"),
        labelsOf: (service) => ({ service, env: "local", version: "1" }),
        retentionMs: 7 * 86_400_000,
      },
      new BatchWriter(new VictoriaLogs(this.url), this.counts, () => undefined, this.stopping.signal),
      this.counts,
      () => epoch.read(),
    );
    await this.tailer.start();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.tailer?.stop();
    this.tailer = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true });
  }

  /** Documents of a process, in the order of their time. */
  async documents(name: string): Promise<StoredDocument[]> {
    return new VictoriaLogs(this.url).find(10001, `process:=${name} | sort by (_time)`);
  }

  async messages(name: string): Promise<string[]> {
    return (await this.documents(name)).map(({ _msg = "" }) => _msg);
  }
}
