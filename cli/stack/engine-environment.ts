import { randomUUID } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { STACK_ID_VARIABLE } from "@plinth/providers/stack-id.ts";
import { locatePulumi } from "@plinth/toolchain/pulumi/pulumi.ts";
import { withoutShellExports } from "./shell-exports.ts";
import { readStackFile, type StackFile } from "./stack-file.ts";

/**
 * The environment of Pulumi commands in this clone. Variables that the person has set stay; what
 * `make shell` exported is worked out again.
 */
export async function engineEnvironment(stack: string): Promise<Record<string, string>> {
  const settings = readStackFile(stack);
  const given = withoutShellExports(process.env);
  const engine = await locatePulumi();
  if (engine === undefined) throw new UserError("Pulumi is missing. Type: make setup");
  const backend = backendUrl(given.PULUMI_BACKEND_URL);
  return {
    // This Node first: the engine starts the program and the provider host with the one on PATH.
    PATH: [dirname(process.execPath), engine.directory, given.PATH].join(delimiter),
    PULUMI_BACKEND_URL: backend,
    ...(settings.cluster && stackIdVariable(stack, backend)),
    ...passphraseVariables(stack, settings, given),
    // The plugins of process stacks are in node_modules; a search for others takes three seconds
    // without internet. Cluster stacks download theirs.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION:
      given.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION ?? String(!settings.cluster),
    PULUMI_SKIP_UPDATE_CHECK: given.PULUMI_SKIP_UPDATE_CHECK ?? "true",
  };
}

/** The folder of a file backend, which may begin with `~`; undefined for another backend. */
export function stateFolderOf(backend: string): string | undefined {
  const [, path] = /^file:\/\/([^?]*)/.exec(backend) ?? [];
  return path === undefined ? undefined : resolve(root, path.replace(/^~(?=\/|$)/, homedir()), ".pulumi");
}

/**
 * The id of a new stack, which lives as long as the state's folder: a killed first 'up' may have
 * marked its namespace without a word in the state. Another backend's stacks have it in the state.
 */
function stackIdVariable(stack: string, backend: string): Record<string, string> {
  const folder = stateFolderOf(backend);
  if (folder === undefined) return {};
  const file = join(folder, "..", `${basename(stack)}.id`);
  const id = readId(file) ?? createId(file);
  return id === undefined ? {} : { [STACK_ID_VARIABLE]: id };
}

/** Undefined without a file, and for an empty one that a power cut left. */
function readId(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Undefined where nothing can be written: the engine says so, or the state has an id already. */
function createId(file: string): string | undefined {
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, randomUUID(), { mode: 0o600 });
    if (existsSync(file) && readId(file) === undefined) rmSync(file);
    // Whole at once, for another command that begins now.
    linkSync(draft, file);
  } catch {
    // The other command was first, or the folder is missing or not writable.
  } finally {
    rmSync(draft, { force: true });
  }
  return readId(file);
}

/** @throws {@link UserError} for the state of another clone, whose stacks have the same names */
function backendUrl(given: string | undefined): string {
  const folder = join(root, ".plinth", "state");
  const [, other] = /^file:\/\/(\/.*\/\.plinth\/state)\/?(\?.*)?$/.exec(given ?? "") ?? [];
  if (other !== undefined && !isSameFolder(other, folder))
    throw new UserError(
      `PULUMI_BACKEND_URL is ${given}, the state of another clone, so this command would change that clone's stacks. Type: unset PULUMI_BACKEND_URL`,
    );
  // Without side files: a killed engine may leave one empty, which makes the stack unreadable.
  return given ?? `file://${createStateFolder(folder)}?metadata=skip`;
}

function isSameFolder(one: string, other: string): boolean {
  return existsSync(one) && existsSync(other) && realpathSync(one) === realpathSync(other);
}

/** Protects default passwords only. */
const DEFAULT_PASSPHRASE = "local";

/**
 * Stacks whose only secrets are default passwords have a default passphrase; in production a person
 * chooses one, or a key service.
 *
 * @throws {@link UserError} for the default passphrase in production
 */
function passphraseVariables(
  stack: string,
  { production, keyService }: Pick<StackFile, "production" | "keyService">,
  { PULUMI_CONFIG_PASSPHRASE: given, PULUMI_CONFIG_PASSPHRASE_FILE: file }: NodeJS.ProcessEnv,
): Record<string, string> {
  if (production && !keyService && (given || readPassphrase(file)) === DEFAULT_PASSPHRASE)
    throw new UserError(
      `Stack '${stack}' is for production, but ${given ? "PULUMI_CONFIG_PASSPHRASE is" : `${file} holds`} '${DEFAULT_PASSPHRASE}', the default of the other stacks, which protects nothing: export one of your own`,
    );
  if (given !== undefined) return { PULUMI_CONFIG_PASSPHRASE: given };
  if (production) return {};
  return { PULUMI_CONFIG_PASSPHRASE: file ? "" : DEFAULT_PASSPHRASE };
}

/** As Pulumi reads it, which says itself what it cannot read. */
function readPassphrase(file: string | undefined): string | undefined {
  return file && statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file, "utf8").trim() : undefined;
}

function createStateFolder(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new UserError(
      `The state folder ${folder} cannot be created (${(error as NodeJS.ErrnoException).code}): make its parent writable, or clone into another folder`,
    );
  }
  return folder;
}
