import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import net from "node:net";

export interface PortHolder {
  pid: number;
  command: string;
}

/** Whether nothing on this machine keeps us from listening on 127.0.0.1:port. */
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
 * Who listens on a port; undefined where the system does not say, as for another user's process.
 */
export function findPortHolder(port: number): PortHolder | undefined {
  return process.platform === "linux" ? holderFromProc(port) : holderFromLsof(port);
}

export function describeTakenPort(name: string, purpose: string, port: number, holder: PortHolder | undefined): string {
  const who = holder ? `held by process ${holder.pid} (${holder.command})` : "held by another process of this machine";
  return `Port ${port} (${purpose} of ${name}) is already taken: ${who}. Stop it, or move all of this stack's ports: eval "\`make -s shell\`"; pulumi config set plinth:portOffset 1000`;
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else if (error.code === "EACCES")
        reject(new Error(`This user may not listen on port ${port}: choose one above 1023`));
      else reject(error);
    });
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * Whether a process, or one that descends from it, listens on every one of these ports. As Linux
 * tells.
 */
export function listensOn(pid: number, ports: readonly number[]): boolean {
  return ports.every((port) => {
    const inodes = listeningSockets(port);
    return inodes.length > 0 && withDescendants(String(pid)).some((one) => hasOpen(one, inodes));
  });
}

/**
 * Listening sockets of /proc/net/tcp and tcp6 by inode, then the process that has that inode open.
 */
function holderFromProc(port: number): PortHolder | undefined {
  const inodes = listeningSockets(port);
  if (inodes.length === 0) return undefined;
  const pid = readdirSync("/proc").find((name) => /^\d+$/.test(name) && hasOpen(name, inodes));
  return pid === undefined
    ? undefined
    : { pid: Number(pid), command: readFileOrEmpty(`/proc/${pid}/cmdline`).split("\0").join(" ").trim().slice(0, 80) };
}

/** As links of /proc/PID/fd name them. */
function listeningSockets(port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return ["/proc/net/tcp", "/proc/net/tcp6"]
    .flatMap((table) => readFileOrEmpty(table).split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${hex}`) && fields[3] === "0A")
    .map((fields) => `socket:[${fields[9]}]`);
}

function withDescendants(pid: string): string[] {
  const children = readFileOrEmpty(`/proc/${pid}/task/${pid}/children`).trim();
  return [pid, ...(children === "" ? [] : children.split(" ").flatMap(withDescendants))];
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
    // Status 1 when nothing is found; the sentence then names the port alone.
    return undefined;
  }
}

function readFileOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
