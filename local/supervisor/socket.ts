import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { cacheDirectory } from "../locations.ts";
import { writeAtomically } from "./atomic-file.ts";
import type { SupervisorPaths } from "./paths.ts";

/** An address of a Unix socket has 103 bytes on macOS, 107 on Linux. */
const MAX_ADDRESS_BYTES = 103;
/** Of binding on a file system without sockets, such as a shared folder of a virtual machine. */
const WITHOUT_SOCKETS = new Set(["EPERM", "EOPNOTSUPP", "ENOTSUP", "EINVAL", "ENOSYS"]);

/**
 * The socket of one supervisor, in its own folder: that lives as long as the stack, while a folder
 * of the login session or of temporary files is emptied under a running stack.
 */
export class SupervisorSocket {
  private readonly paths: SupervisorPaths;
  private readonly serve: (connection: net.Socket) => void;
  private server: net.Server | undefined;
  private bound: { path: string; inode: number } | undefined;

  constructor(paths: SupervisorPaths, serve: (connection: net.Socket) => void) {
    this.paths = paths;
    this.serve = serve;
  }

  async listen(): Promise<void> {
    try {
      await this.bind(this.paths.socket);
    } catch (error) {
      if (!WITHOUT_SOCKETS.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
      await this.bind(join(cacheDirectory(), "sockets", `${this.paths.key}.sock`));
    }
  }

  /** Whether clients find it: somebody may have removed the socket, or the pointer to it. */
  get isReachable(): boolean {
    const { bound } = this;
    return bound !== undefined && inodeOf(bound.path) === bound.inode && findSocket(this.paths.state) === bound.path;
  }

  /** Requests under way go on. */
  close({ forget }: { forget: boolean }): void {
    this.server?.close();
    if (this.bound !== undefined && inodeOf(this.bound.path) === this.bound.inode) rmSync(this.bound.path);
    if (forget) rmSync(pointerOf(this.paths.state), { force: true });
    this.bound = undefined;
  }

  private async bind(path: string): Promise<void> {
    this.close({ forget: false });
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // This process holds the lock, so an existing socket is a leftover.
    rmSync(path, { force: true });
    const server = net.createServer({ allowHalfOpen: true }, this.serve);
    const address = shortAddress(path);
    try {
      await new Promise<void>((done, reject) => {
        server.once("error", reject).listen(address.path, done);
      });
    } finally {
      address.release();
    }
    this.server = server;
    this.bound = { path, inode: inodeOf(path)! };
    // Relative to its folder where it can be, so that a moved or mounted stack is found.
    writeAtomically(pointerOf(this.paths.state), dirname(path) === this.paths.state ? basename(path) : path);
  }
}

/** The path of the socket that serves the supervisor of this folder, if one does. */
export function findSocket(state: string): string | undefined {
  try {
    return resolve(state, readFileSync(pointerOf(state), "utf8"));
  } catch {
    return undefined;
  }
}

/** Connects to a socket whose path may be of any length. */
export function connectTo(path: string): net.Socket {
  const address = shortAddress(path);
  return net.connect(address.path).once("connect", address.release).once("close", address.release);
}

/** File with the path of the socket; it exists while a supervisor answers. */
export function pointerOf(state: string): string {
  return join(state, "socket");
}

/** A path that fits into an address: through a link for a moment, if the own one is too long. */
function shortAddress(path: string): { path: string; release: () => void } {
  if (Buffer.byteLength(path) <= MAX_ADDRESS_BYTES) return { path, release: () => undefined };
  const folder = createShortFolder();
  const link = join(folder, "s");
  symlinkSync(dirname(path), link);
  return { path: join(link, basename(path)), release: () => rmSync(folder, { recursive: true, force: true }) };
}

function createShortFolder(): string {
  const parent = [tmpdir(), "/tmp", "/var/tmp"].find(
    (folder) => Buffer.byteLength(folder) < 60 && lstatSync(folder, { throwIfNoEntry: false }) !== undefined,
  );
  return mkdtempSync(join(parent ?? "/tmp", "plinth-"));
}

function inodeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino;
}
