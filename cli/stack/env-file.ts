import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { UserError } from "@plinth/local/user-error.ts";

/**
 * Writes variables for programs outside of a stack, readable for this user only.
 *
 * @throws {@link UserError} for a file that somebody else has written: it may hold what nothing
 *   else does
 */
export function writeEnvFile(file: string, variables: Record<string, string>): void {
  if (existsSync(file)) {
    const [foreign] = foreignLines(readFileSync(file, "utf8"), variables);
    if (foreign !== undefined)
      throw new UserError(
        `${basename(file)} was not written by 'make env' (it has the line '${foreign}'), so it stays as it is: move it away first (mv ${file} ${file}.mine)`,
      );
  }
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${quoteDotenv(value)}\n`);
  writeFileSync(file, lines.join(""), { mode: 0o600 });
  chmodSync(file, 0o600);
}

/** Lines that set none of these variables, without their values, which may be secret. */
function foreignLines(text: string, variables: Record<string, string>): string[] {
  return text.split("\n").flatMap((line) => {
    const [name = ""] = line.split("=");
    return line.trim() === "" || Object.hasOwn(variables, name) ? [] : [line.includes("=") ? `${name}=…` : name];
  });
}

/** Dotenv reads plain words as they are; others need single quotes. */
function quoteDotenv(value: string): string {
  return /^[\w./:@,+%-]*$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
