import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import net from "node:net";

export interface Holder {
  pid: number;
  command: string;
}

/** Whether nothing on this machine keeps us from listening on 127.0.0.1:port. */
export async function isFree(port: number): Promise<boolean> {
  return !(await accepts(port)) && (await canListen(port));
}

/** Whether a connection to 127.0.0.1:port is accepted. */
export function accepts(port: number): Promise<boolean> {
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

/** Who listens on a port; undefined where the system does not say, as for another user's process. */
export function holderOf(port: number): Holder | undefined {
  return process.platform === "linux" ? fromProc(port) : fromLsof(port);
}

export function takenSentence(name: string, purpose: string, port: number, holder: Holder | undefined): string {
  const who = holder ? `held by process ${holder.pid} (${holder.command})` : "held by another process of this machine";
  return `Port ${port} (${purpose} of ${name}) is already taken: ${who}. Stop it, or move all of this stack's ports: eval "\`make -s shell\`"; pulumi config set plinth:portOffset 1000`;
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else if (error.code === "EACCES") reject(new Error(`This user may not listen on port ${port}: choose one above 1023`));
      else reject(error);
    });
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Whether a process, or one that descends from it, listens on every one of these ports. As Linux tells. */
export function listensOn(pid: number, ports: readonly number[]): boolean {
  return ports.every((port) => {
    const inodes = listeners(port);
    return inodes.length > 0 && family(String(pid)).some((one) => opens(one, inodes));
  });
}

/** Listening sockets of /proc/net/tcp and tcp6 by inode, then the process that has that inode open. */
function fromProc(port: number): Holder | undefined {
  const inodes = listeners(port);
  if (inodes.length === 0) return undefined;
  const pid = readdirSync("/proc").find((name) => /^\d+$/.test(name) && opens(name, inodes));
  return pid === undefined
    ? undefined
    : { pid: Number(pid), command: readOr(`/proc/${pid}/cmdline`).split("\0").join(" ").trim().slice(0, 80) };
}

/** As links of /proc/PID/fd name them. */
function listeners(port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return ["/proc/net/tcp", "/proc/net/tcp6"]
    .flatMap((table) => readOr(table).split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${hex}`) && fields[3] === "0A")
    .map((fields) => `socket:[${fields[9]}]`);
}

function family(pid: string): string[] {
  const children = readOr(`/proc/${pid}/task/${pid}/children`).trim();
  return [pid, ...(children === "" ? [] : children.split(" ").flatMap(family))];
}

function opens(pid: string, links: string[]): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => links.includes(readlinkSync(`/proc/${pid}/fd/${fd}`)));
  } catch {
    // Another user's process, or one that has just ended.
    return false;
  }
}

function fromLsof(port: number): Holder | undefined {
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

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
