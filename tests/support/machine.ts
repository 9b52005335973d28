import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A machine with the programs that a test writes, no others, and an empty cache. */
export interface BareMachine {
  folder: string;
  /** Puts a shell script on its PATH. */
  program(name: string, script: string): string;
  restore(): void;
}

/** Makes this process believe that it runs on such a machine, until `restore`. */
export function bareMachine(): BareMachine {
  const { PATH, XDG_CACHE_HOME, PULUMI_HOME } = process.env;
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "plinth-machine-")));
  Object.assign(process.env, { PATH: folder, XDG_CACHE_HOME: folder, PULUMI_HOME: folder });
  return {
    folder,
    program(name, script) {
      const file = join(folder, name);
      writeFileSync(file, `#!/bin/sh\n${script}\n`);
      chmodSync(file, 0o755);
      return file;
    },
    restore() {
      for (const [name, value] of Object.entries({ PATH, XDG_CACHE_HOME, PULUMI_HOME })) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      rmSync(folder, { recursive: true });
    },
  };
}
