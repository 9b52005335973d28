import { UserError } from "@plinth/local/user-error.ts";

/**
 * Arguments such as `SERVICE=wallet`, by name. A value may contain `=`.
 *
 * @throws {@link UserError} for an argument that is not an assignment
 */
export function parseAssignments(args: readonly string[]): Map<string, string> {
  return new Map(
    args.map((argument) => {
      const split = argument.indexOf("=");
      if (split < 1) throw new UserError(`'${argument}' is not a setting: write NAME=value`);
      return [argument.slice(0, split), argument.slice(split + 1)];
    }),
  );
}
