import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { waitUntil } from "../eventually.ts";

export interface Notification {
  status: "firing" | "resolved";
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** Milliseconds since 1970. */
  receivedAt: number;
}

/** What `notify.webhook` of a stack leads to. */
export class Webhook {
  readonly received: Notification[] = [];
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
    server.on("request", async (request, response) => {
      const { alerts } = (await json(request)) as { alerts: Notification[] };
      this.received.push(...alerts.map((alert) => ({ ...alert, receivedAt: Date.now() })));
      response.end();
    });
  }

  static async start(): Promise<Webhook> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Webhook(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/alerts`;
  }

  /** The first notification since `since`. @throws after `seconds`, with what came instead */
  async next(
    status: Notification["status"],
    name: string,
    labels: Record<string, string>,
    { since, seconds }: { since: number; seconds: number },
  ): Promise<Notification> {
    const find = () =>
      this.received.find(
        (one) =>
          one.status === status &&
          one.receivedAt >= since &&
          one.labels.alertname === name &&
          Object.entries(labels).every(([label, value]) => one.labels[label] === value),
      );
    const found = await waitUntil(`${name} is ${status}`, find, Boolean, seconds * 1000).catch((error: Error) => {
      const came = this.received.filter(({ receivedAt }) => receivedAt >= since);
      throw new Error(`${error.message}; there came: ${came.map((one) => `${one.labels.alertname} ${one.status}`)}`);
    });
    return found!;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
