import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { findProgram } from "@plinth/local/locations.ts";
import { runCommand } from "./command.ts";
import type { Tool } from "./tool.ts";

/** The command that a person types to install a package. */
export function aptCommand(packageName: string): string {
  if (process.platform === "darwin") return `brew install ${packageName.replace(/-server$/, "")}`;
  if (findProgram("apt-get") === undefined)
    return `your package manager's command that installs what Debian calls ${packageName}`;
  return `${process.getuid?.() === 0 ? "" : "sudo "}apt-get install -y ${packageName}`;
}

/** The first of these packages that this system's lists have: Debian drops old versions. */
export function firstAptPackage(names: readonly [string, ...string[]]): string {
  const cache = findProgram("apt-cache");
  if (cache === undefined) return names[0];
  return names.find((name) => spawnSync(cache, ["show", name], { stdio: "ignore" }).status === 0) ?? names[0];
}

/** Installs Debian's package as root; otherwise the person is asked to install it. */
export function aptInstaller(packageName: string | (() => string), duration: string): Pick<Tool, "install"> {
  if (process.getuid?.() !== 0 || findProgram("apt-get") === undefined) return {};
  const chosen = () => (typeof packageName === "string" ? packageName : packageName());
  return {
    install: {
      duration,
      async run(progress) {
        const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
        const install = () =>
          runCommand("apt-get", ["install", "-y", "--no-install-recommends", chosen()], { env, seconds: 600 });
        progress(`installing Debian's ${chosen()}`);
        await withServiceStartBlocked(() =>
          install().catch(async () => {
            progress("reading the package lists first");
            await runCommand("apt-get", ["update"], { env, seconds: 300 });
            await install();
          }),
        );
      },
    },
  };
}

/** Says whose the file is, should this process be killed before it removes it. */
const POLICY_MARK = "# Written by 'make setup' of Plinth, process";

/**
 * Keeps Debian from starting the package's server, which would take the port of the platform's:
 * Debian runs this file before it starts one. It must not stay, or no package of this machine would
 * start its server again; one that a killed setup left is removed, and nobody else's.
 */
export async function withServiceStartBlocked(
  work: () => Promise<unknown>,
  policy = "/usr/sbin/policy-rc.d",
): Promise<void> {
  if (existsSync(policy) && !isLeftover(policy)) return void (await work());
  writeFileSync(policy, `#!/bin/sh\n${POLICY_MARK} ${process.pid}\nexit 101\n`, { mode: 0o755 });
  const remove = () => rmSync(policy, { force: true });
  const end = (signal: NodeJS.Signals) => {
    remove();
    process.kill(process.pid, signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.once(signal, end);
  try {
    await work();
  } finally {
    for (const signal of signals) process.off(signal, end);
    remove();
  }
}

/** Whether a setup that has ended wrote it. */
function isLeftover(policy: string): boolean {
  const [, pid] = new RegExp(`^${POLICY_MARK} (\\d+)$`, "m").exec(readFileSync(policy, "utf8")) ?? [];
  return pid !== undefined && (Number(pid) === process.pid || !existsSync(`/proc/${pid}`));
}
