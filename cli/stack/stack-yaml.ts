import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { load } from "js-yaml";

/** A stack's file, as it is written. */
export interface StackYaml {
  /** By key, such as `plinth:runtime`. */
  config: Record<string, unknown>;
  secretsprovider?: string;
}

/** What `.plinth` holds besides the folders of stacks. */
const RESERVED_NAMES = ["state", "render"];

/**
 * `Pulumi.STACK.yaml`.
 *
 * @throws {@link UserError} with the names of the stacks when there is no such file, since the
 *   engine would create a stack of any misspelt name, and for a file that is damaged
 */
export function readStackYaml(stack: string, folder = root): StackYaml {
  // A shared backend puts an organisation and a project before the name.
  const name = basename(stack);
  if (!/^([\w.-]+\/){0,2}[\w.-]+$/.test(stack) || stack.split("/").some((part) => /^\.+$/.test(part)))
    throw new UserError(`'${stack}' is not a name of a stack: use letters, digits, '-', '_' and '.'`);
  if (RESERVED_NAMES.includes(name))
    throw new UserError(
      `A stack cannot be called '${name}': .plinth/${name} is not its own folder; choose another name`,
    );
  const file = join(folder, `Pulumi.${name}.yaml`);
  if (!existsSync(file))
    throw new UserError(
      `There is no stack '${stack}': this clone has ${listStacks(folder).join(", ")}. To begin another, write its settings to ${basename(file)} ('config: {}' for every default)`,
    );
  const content = parseYaml(file);
  const { config } = content;
  if (config !== undefined && config !== null && (typeof config !== "object" || Array.isArray(config)))
    throw new UserError(`${basename(file)}: 'config' must hold keys and values, such as 'plinth:tenants: "10001"'`);
  return { ...content, config: (config ?? {}) as Record<string, unknown> };
}

function parseYaml(file: string): { config?: unknown; secretsprovider?: string } {
  let value: unknown;
  try {
    const text = readFileSync(file, "utf8").replace(/^\uFEFF/, "");
    value = (text.trim() === "" ? {} : load(text)) ?? {};
  } catch (error) {
    const { reason, mark, message } = error as { reason?: string; mark?: { line: number }; message: string };
    const what = mark ? `is not YAML: ${reason} in line ${mark.line + 1}` : `cannot be read: ${message}`;
    throw new UserError(`${basename(file)} ${what}. 'git diff ${basename(file)}' shows what changed`);
  }
  if (typeof value !== "object" || Array.isArray(value))
    throw new UserError(`${basename(file)} must hold keys and values, such as 'config: {}'`);
  return value as { config?: unknown; secretsprovider?: string };
}

function listStacks(folder: string): string[] {
  return readdirSync(folder)
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}
