import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "../../user-error.ts";

/** A command that runs another one without root's identity. */
export interface UnprivilegedCommand {
  command: string;
  args: string[];
  uid?: number;
  gid?: number;
}

/**
 * Drops root's identity, if this process has it. The first choice is a new user namespace: files
 * stay root's, folders below /root stay closed, no user is created, and `unshare` replaces itself
 * by the command, so the pid stays. If the kernel or the container forbids that, the command runs
 * as an existing user (postgres, else nobody), who becomes the owner of `folders`.
 */
export function withoutRoot(command: string, args: string[], folders: string[]): UnprivilegedCommand {
  if (process.getuid?.() !== 0) return { command, args };
  if (canUnshare()) return { command: "unshare", args: [...UNSHARE_OPTIONS, command, ...args] };
  const user = findUnprivilegedUser();
  for (const folder of folders) {
    const { status, stderr } = spawnSync("chown", ["-R", `${user.uid}:${user.gid}`, folder], { encoding: "utf8" });
    if (status !== 0)
      throw new UserError(
        `${folder} cannot be given to user ${user.name}, who must own it because ${command} refuses root: ${stderr.trim()}`,
      );
  }
  assertReachable(user, command, folders);
  return { command, args, uid: user.uid, gid: user.gid };
}

const UNSHARE_OPTIONS = ["--user", "--map-user=1000", "--map-group=1000", "--"];

let unshareWorks: boolean | undefined;

function canUnshare(): boolean {
  unshareWorks ??= spawnSync("unshare", [...UNSHARE_OPTIONS, "true"], { stdio: "ignore" }).status === 0;
  return unshareWorks;
}

interface SystemUser {
  name: string;
  uid: number;
  gid: number;
}

function findUnprivilegedUser(): SystemUser {
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .map(([name, , uid, gid]) => ({ name: name!, uid: Number(uid), gid: Number(gid) }));
  const user = users.find(({ name }) => name === "postgres") ?? users.find(({ name }) => name === "nobody");
  if (user === undefined)
    throw new UserError(
      "PostgreSQL refuses to run as root, and neither user 'postgres' nor 'nobody' exists: run as an ordinary user",
    );
  return user;
}

/** A parent folder may be closed, as /root is. */
function assertReachable(user: SystemUser, command: string, folders: string[]): void {
  const test =
    'command -v "$0" >/dev/null || { echo "$0"; exit 1; }; for f in "$@"; do [ -w "$f" ] || { echo "$f"; exit 1; }; done';
  const { status, stdout } = spawnSync("/bin/sh", ["-c", test, command, ...folders], {
    uid: user.uid,
    gid: user.gid,
    encoding: "utf8",
    cwd: "/",
  });
  if (status === 0) return;
  const path = stdout.trim() || dirname(command);
  throw new UserError(
    `${path} is not reachable for user ${user.name}, as whom ${command} must run because it refuses root and user namespaces are off here: open the folders above it (chmod o+x), or run as an ordinary user`,
  );
}
