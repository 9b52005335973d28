import { rmSync } from "node:fs";
import net from "node:net";
import { writeAtomically } from "./atomic-file.ts";
import { type SupervisorPaths, socketPath } from "./paths.ts";
import type { Request, Response } from "./protocol.ts";
import type { Supervisor } from "./supervisor.ts";

/** Serves requests on a Unix socket that only this user can reach. */
export class SupervisorServer {
  private readonly supervisor: Supervisor;
  private readonly paths: SupervisorPaths;
  private readonly onShutdown: () => void;
  private readonly net: net.Server;
  private readonly socket: string;
  private openRequests = 0;

  /** @param onShutdown called when a client asks the supervisor to end */
  constructor(supervisor: Supervisor, paths: SupervisorPaths, onShutdown: () => void) {
    this.supervisor = supervisor;
    this.paths = paths;
    this.onShutdown = onShutdown;
    this.socket = socketPath(paths.key);
    this.net = net.createServer({ allowHalfOpen: true }, (connection) => this.serve(connection));
  }

  /** Whether a request is under way. */
  get isBusy(): boolean {
    return this.openRequests > 0;
  }

  async listen(): Promise<void> {
    // This process holds the lock, so an existing socket is a leftover.
    rmSync(this.socket, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.net.once("error", reject).listen(this.socket, resolve);
    });
    writeAtomically(this.paths.socketPointer, this.socket);
  }

  close({ forget }: { forget: boolean }): void {
    if (forget) rmSync(this.paths.socketPointer, { force: true });
    this.net.close();
  }

  private serve(connection: net.Socket): void {
    this.openRequests++;
    connection.once("close", () => this.openRequests--);
    // The work goes on if its client was killed while it waited.
    connection.on("error", () => connection.destroy());
    let text = "";
    connection.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    connection.on("end", async () => {
      const response = await this.answer(text);
      connection.end(`${JSON.stringify(response)}\n`);
    });
  }

  private async answer(text: string): Promise<Response> {
    try {
      const request = JSON.parse(text) as Request;
      return { result: (await this.handle(request)) ?? null };
    } catch (error) {
      return { error: (error as Error).message };
    }
  }

  private async handle(request: Request): Promise<unknown> {
    switch (request.method) {
      case "ping":
        return { pid: process.pid };
      case "apply":
        return this.supervisor.apply(request.name, request.spec, request.owner);
      case "remove":
        return this.supervisor.remove(request.name, request.owner);
      case "start":
        return this.supervisor.start(request.name);
      case "stop":
        return this.supervisor.stop(request.name);
      case "restart":
        return this.supervisor.restart(request.name);
      case "status":
        return this.supervisor.status();
      case "runs":
        return this.supervisor.hasSpec(request.name, request.spec);
      case "stopAll":
        await this.supervisor.stopAll({ forget: true });
        return this.onShutdown();
    }
  }
}
