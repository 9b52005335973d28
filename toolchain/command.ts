import { type SpawnOptions, spawn } from "node:child_process";
import { UserError } from "@plinth/local/user-error.ts";

/**
 * Runs a command to its end and resolves to its output, standard error included.
 *
 * @throws {@link UserError} with the last lines of the output when it fails or takes longer than
 * `seconds`
 */
export function runCommand(
  command: string,
  args: string[],
  options: SpawnOptions & { seconds?: number } = {},
): Promise<string> {
  const { seconds, ...spawnOptions } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...spawnOptions,
      stdio: ["ignore", "pipe", "pipe"],
      ...(seconds ? { timeout: seconds * 1000 } : {}),
    });
    let output = "";
    const collect = (chunk: Buffer) => {
      output += chunk;
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    child.once("error", (error) => reject(new UserError(`'${command}' cannot be run: ${error.message}`)));
    child.once("close", (code, signal) => {
      if (code === 0) resolve(output);
      else
        reject(
          new UserError(
            `'${[command, ...args].join(" ")}' ended with ${signal ?? `exit code ${code}`}:\n${output.trim().split("\n").slice(-15).join("\n")}`,
          ),
        );
    });
  });
}
