import { existsSync, rmSync, writeFileSync } from "node:fs";
import { programOnPath } from "@plinth/runtime/locations.ts";
import type { Part } from "./part.ts";
import { run } from "./run.ts";

export function remedyWithApt(packageName: string): string {
  if (process.platform === "darwin") return `brew install ${packageName.replace(/-server$/, "")}`;
  return `${process.getuid?.() === 0 ? "" : "sudo "}apt-get install -y ${packageName}`;
}

/** Debian's package, when this is Debian and we are root; otherwise the person is asked to install it. */
export function installWithApt(packageName: string, takes: string): Pick<Part, "install"> {
  if (process.getuid?.() !== 0 || programOnPath("apt-get") === undefined) return {};
  return {
    install: {
      takes,
      async run(progress) {
        const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
        const install = () => run("apt-get", ["install", "-y", "--no-install-recommends", packageName], { env, seconds: 600 });
        progress(`installing Debian's ${packageName}`);
        await withoutServices(() =>
          install().catch(async () => {
            progress("reading the package lists first");
            await run("apt-get", ["update"], { env, seconds: 300 });
            await install();
          }),
        );
      },
    },
  };
}

/** A package must not start a server of its own on the port that ours takes: Debian asks this file before it starts one. */
async function withoutServices(work: () => Promise<unknown>): Promise<void> {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return void (await work());
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    await work();
  } finally {
    rmSync(policy, { force: true });
  }
}
