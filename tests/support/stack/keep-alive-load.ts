import http from "node:http";

/** Busy requests on four kept-alive connections. */
export class KeepAliveLoad {
  answers = 0;
  private readonly agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  private readonly failures: string[] = [];
  private readonly loops: Promise<void>[];
  private ended = false;

  constructor(url: string) {
    this.loops = [1, 2, 3, 4].map(async () => {
      while (!this.ended) await this.ask(url);
    });
  }

  /** Stops, and resolves to the failures. */
  async stop(): Promise<string[]> {
    this.ended = true;
    await Promise.all(this.loops);
    this.agent.destroy();
    return this.failures;
  }

  private ask(url: string): Promise<void> {
    return new Promise((resolve) => {
      const request = http.get(url, { agent: this.agent }, (response) => {
        this.answers++;
        if (response.statusCode !== 200) this.failures.push(`status ${response.statusCode}`);
        response.resume().once("close", resolve);
      });
      request.once("error", ({ message }) => {
        this.failures.push(message);
        resolve();
      });
    });
  }
}
