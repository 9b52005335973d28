import { UserError } from "@plinth/local/user-error.ts";
import { object, oneOf, optional } from "@plinth/local/validation/rules.ts";
import type { Tool } from "@plinth/toolchain/tool.ts";
import { fullProfileTools } from "@plinth/toolchain/tools.ts";
import { readStackFile } from "../stack/stack-file.ts";
import { parseAssignments } from "../terminal/assignments.ts";
import { readVariables } from "../terminal/variables.ts";

const rule = object({ PROFILE: optional(oneOf(["light", "full"])) });

/**
 * The profile that `PROFILE=` asks for; undefined without it.
 *
 * @throws {@link UserError} for another value, and for a stack in a cluster
 */
export function readProfile(stack: string, options: Iterable<string>): "light" | "full" | undefined {
  const { PROFILE: profile } = readVariables(rule, Object.fromEntries(parseAssignments([...options])));
  if (profile !== undefined && readStackFile(stack).cluster)
    throw new UserError(
      `PROFILE=${profile} is for stacks of processes, but '${stack}' is in a cluster: leave it out there`,
    );
  return profile;
}

/** The tools that the full profile needs besides those of the platform. */
export function profileTools(stack: string, profile = readStackFile(stack).observability.profile): Tool[] {
  return profile === "full" ? fullProfileTools : [];
}
