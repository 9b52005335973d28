import { existsSync, rmSync, writeFileSync } from "node:fs";
import { findProgram } from "@plinth/local/locations.ts";
import { runCommand } from "./command.ts";
import type { Tool } from "./tool.ts";

/** The command that a person types to install a package. */
export function aptCommand(packageName: string): string {
  if (process.platform === "darwin") return `brew install ${packageName.replace(/-server$/, "")}`;
  return `${process.getuid?.() === 0 ? "" : "sudo "}apt-get install -y ${packageName}`;
}

/** Installs Debian's package as root; otherwise the person is asked to install it. */
export function aptInstaller(packageName: string, duration: string): Pick<Tool, "install"> {
  if (process.getuid?.() !== 0 || findProgram("apt-get") === undefined) return {};
  return {
    install: {
      duration,
      async run(progress) {
        const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
        const install = () =>
          runCommand("apt-get", ["install", "-y", "--no-install-recommends", packageName], { env, seconds: 600 });
        progress(`installing Debian's ${packageName}`);
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

/**
 * Keeps Debian from starting the package's server, which would take the port of the platform's:
 * Debian runs this file before it starts one.
 */
async function withServiceStartBlocked(work: () => Promise<unknown>): Promise<void> {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return void (await work());
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    await work();
  } finally {
    rmSync(policy, { force: true });
  }
}
