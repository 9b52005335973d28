import type net from "node:net";
import { describeCaught } from "../caught-value.ts";
import { forgetSupervisor, noteSupervisor } from "./holder.ts";
import type { SupervisorPaths } from "./paths.ts";
import type { Request, Response } from "./protocol.ts";
import { SupervisorSocket } from "./socket.ts";
import type { Supervisor } from "./supervisor.ts";

/** Serves requests on a Unix socket that only this user can reach. */
export class SupervisorServer {
  private readonly supervisor: Supervisor;
  private readonly paths: SupervisorPaths;
  private readonly onShutdown: () => void;
  private readonly socket: SupervisorSocket;
  private openRequests = 0;

  /** @param onShutdown called when a client asks the supervisor to end */
  constructor(supervisor: Supervisor, paths: SupervisorPaths, onShutdown: () => void) {
    this.supervisor = supervisor;
    this.paths = paths;
    this.onShutdown = onShutdown;
    this.socket = new SupervisorSocket(paths, (connection) => this.serve(connection));
  }

  /** Whether a request is under way. */
  get isBusy(): boolean {
    return this.openRequests > 0;
  }

  /** Answers from now on; called again, it makes up for what was removed. */
  async listen(): Promise<void> {
    noteSupervisor(this.paths);
    if (!this.socket.isReachable) await this.socket.listen();
  }

  close({ forget }: { forget: boolean }): void {
    this.socket.close({ forget });
    if (forget) forgetSupervisor(this.paths);
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
      return { error: describeCaught(error) };
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
      case "progress":
        return this.supervisor.describeWait(request.name);
      case "runs":
        return this.supervisor.hasSpec(request.name, request.spec);
      case "stopAll":
        await this.supervisor.stopAll({ forget: true });
        return this.onShutdown();
    }
  }
}
