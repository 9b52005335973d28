import { requestText } from "../http/request.ts";

/**
 * Tells one run of the log store from the next. The store keeps what it took in memory for a second
 * before it is on disk, so what it took shortly before a crash has to be sent again.
 */
export class StoreEpoch {
  private readonly url: string;

  /** @param url of VictoriaLogs */
  constructor(url: string) {
    this.url = `${url.replace(/\/$/, "")}/metrics`;
  }

  /** When the store started, in seconds since 1970; undefined while it does not answer. */
  async read(): Promise<number | undefined> {
    try {
      const { body } = await requestText(this.url, { timeoutMs: 2000 });
      const start = /^process_start_time_seconds (\d+)/m.exec(body)?.[1];
      return start === undefined ? undefined : Number(start);
    } catch {
      return undefined;
    }
  }
}
