import { execFileSync } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import net from "node:net";
import { UserError } from "../../user-error.ts";
import { isLinux, readFileOr } from "./proc.ts";
import { withDescendants } from "./process-table.ts";

export interface PortHolder {
  pid: number;
  command: string;
}

/** Whether a process could listen on 127.0.0.1:port. */
export async function isPortFree(port: number): Promise<boolean> {
  return !(await acceptsConnections(port)) && (await canListen(port));
}

/** Whether a connection to 127.0.0.1:port is accepted. */
export function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: "127.0.0.1" });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => done(false));
    socket.once("connect", () => done(true)).once("error", () => done(false));
  });
}

/**
 * The process that listens on a port; undefined if the system does not show it, as for another
 * user's.
 */
export function findPortHolder(port: number): PortHolder | undefined {
  return isLinux ? holderFromProc(port) : holderFromLsof(port);
}

/** @param offset a `portOffset` at which every port of the stack is free, if one is known */
export function describeTakenPort(
  name: string,
  purpose: string,
  port: number,
  holder: PortHolder | undefined,
  offset: number | undefined,
): string {
  const who = holder ? `held by process ${holder.pid} (${holder.command})` : "held by another process of this machine";
  const remedy =
    offset === undefined
      ? "Stop it, or move all of this stack's ports by another plinth:portOffset"
      : `Stop it, or move all of this stack's ports: eval "\`make -s shell\`"; pulumi config set plinth:portOffset ${offset}`;
  return `Port ${port} (${purpose} of ${name}) is already taken: ${who}. ${remedy}`;
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else if (error.code === "EACCES")
        reject(new UserError(`This user may not listen on port ${port}: choose one above 1023`));
      else reject(error);
    });
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Whether a process or one of its descendants listens on each of these ports. Linux only. */
export function listensOn(pid: number, ports: readonly number[]): boolean {
  return ports.every((port) => {
    const inodes = listeningSockets(port);
    return inodes.length > 0 && withDescendants(pid).some((one) => hasOpen(String(one), inodes));
  });
}

/**
 * Finds the port's sockets in /proc/net/tcp and tcp6, then the process that has one of them open.
 */
function holderFromProc(port: number): PortHolder | undefined {
  const inodes = listeningSockets(port);
  if (inodes.length === 0) return undefined;
  const pid = readdirSync("/proc").find((name) => /^\d+$/.test(name) && hasOpen(name, inodes));
  return pid === undefined
    ? undefined
    : { pid: Number(pid), command: readFileOr(`/proc/${pid}/cmdline`, "").split("\0").join(" ").trim().slice(0, 80) };
}

/** Sockets as links of /proc/PID/fd name them. */
function listeningSockets(port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return ["/proc/net/tcp", "/proc/net/tcp6"]
    .flatMap((table) => readFileOr(table, "").split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${hex}`) && fields[3] === "0A")
    .map((fields) => `socket:[${fields[9]}]`);
}

function hasOpen(pid: string, links: string[]): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => links.includes(readlinkSync(`/proc/${pid}/fd/${fd}`)));
  } catch {
    // Another user's process, or one that has just ended.
    return false;
  }
}

function holderFromLsof(port: number): PortHolder | undefined {
  try {
    const text = execFileSync("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [pid, command] = [/^p(\d+)$/m.exec(text)?.[1], /^c(.+)$/m.exec(text)?.[1]];
    return pid === undefined ? undefined : { pid: Number(pid), command: command ?? "unknown" };
  } catch {
    // lsof answers with status 1 when it finds nothing.
    return undefined;
  }
}
