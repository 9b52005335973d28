import { type SpawnOptions, spawn } from "node:child_process";

/**
 * Runs a command to its end and gives what it printed. Throws one sentence with its last lines when
 * it fails or takes longer than `seconds`.
 */
export function runCommand(
  command: string,
  args: string[],
  options: SpawnOptions & { seconds?: number } = {},
): Promise<string> {
  const { seconds, ...rest } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...rest,
      stdio: ["ignore", "pipe", "pipe"],
      ...(seconds ? { timeout: seconds * 1000 } : {}),
    });
    let output = "";
    const collect = (chunk: Buffer) => {
      output += chunk;
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    child.once("error", (error) => reject(new Error(`'${command}' cannot be run: ${error.message}`)));
    child.once("close", (code, signal) => {
      if (code === 0) resolve(output);
      else
        reject(
          new Error(
            `'${[command, ...args].join(" ")}' ended with ${signal ?? `exit code ${code}`}:\n${output.trim().split("\n").slice(-15).join("\n")}`,
          ),
        );
    });
  });
}

/** True when version `a` is at least `b`; both dotted numbers, missing parts count as 0. */
export function isAtLeast(a: string, b: string): boolean {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (let i = 0; i < Math.max(left!.length, right!.length); i++) {
    const difference = (left![i] ?? 0) - (right![i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
