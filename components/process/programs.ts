import { UserError } from "@plinth/local/user-error.ts";

/** The path of a program that `make setup` installs; plain `pulumi up` may run before it. */
export function requireInstalled(path: string | undefined, program: string): string {
  if (path === undefined)
    throw new UserError(
      `${program} is not installed: run 'make setup' (or 'make doctor' to see everything that is missing)`,
    );
  return path;
}
