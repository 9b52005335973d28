import { UserError } from "@plinth/local/user-error.ts";
import { object, oneOf, optional } from "@plinth/local/validation/rules.ts";
import type { Tool } from "@plinth/toolchain/tool.ts";
import { engineTools, fullProfileTools, platformTools, storeTools } from "@plinth/toolchain/tools.ts";
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

/**
 * What a stack runs on, as it is configured.
 *
 * @param profile instead of the recorded one
 * @param enabled whether it has observability, instead of what is recorded
 */
export function stackTools(
  stack: string,
  profile = readStackFile(stack).observability.profile,
  enabled = readStackFile(stack).observability.enabled,
): Tool[] {
  if (readStackFile(stack).cluster) return engineTools;
  if (!enabled) return platformTools.filter((tool) => !storeTools.includes(tool));
  return [...platformTools, ...profileTools(stack, profile)];
}

/** The tools that the full profile needs besides those of the platform. */
export function profileTools(stack: string, profile = readStackFile(stack).observability.profile): Tool[] {
  return profile === "full" ? fullProfileTools : [];
}
