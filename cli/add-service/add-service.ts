import { existsSync, readdirSync, statSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { discoverServices, type LocatedService } from "../../components/service/descriptor.ts";
import { listSubmodules, PACKAGES } from "../../components/service/packages.ts";
import { applyChanges } from "../service-files/file-change.ts";
import { resolveRepositoryUrl } from "../service-files/git.ts";
import { openSourceFolder } from "../service-files/source-folder.ts";
import { type FolderKind, folderKind } from "./folder-kind.ts";
import { submoduleFolder } from "./names.ts";
import { planNewService } from "./new-service.ts";
import type { AddServiceOptions } from "./options.ts";
import { planService } from "./plan.ts";
import { askDetails, askSource, confirm, type Prompt } from "./prompts.ts";
import { confirmPlan, describeNextSteps, formatChange, reportCancelled, summarizeChange } from "./report.ts";
import type { Plan } from "./service-plan.ts";
import { addSubmodule, repositoryName, withClone } from "./submodule.ts";
import { assertFolderFree } from "./submodule-place.ts";

/**
 * Adds a service from a folder, a repository or a template. Resolves to the exit code.
 *
 * @param ask undefined where there is no person to ask
 */
export async function addService(given: AddServiceOptions, ask: Prompt | undefined): Promise<number> {
  const options = ask ? await askSource(given, ask) : given;
  if (options === undefined) return reportCancelled();
  if (options.url !== undefined) return addRepository(resolveRepositoryUrl(options.url, root), options, ask);
  if (options.new !== undefined) return addFromTemplate({ ...options, new: options.new, name: options.name! }, ask);
  if (options.path === undefined)
    throw new UserError(
      "Say where the service is: PATH=folder or URL=repository; or NEW=node|go|python|php NAME=… for a new one",
    );
  return addFolder(options.path, options, ask);
}

async function addFolder(path: string, options: AddServiceOptions, ask: Prompt | undefined): Promise<number> {
  const kind = folderKind(root, path);
  const folder = serviceFolder(path, kind);
  const source = openSourceFolder(resolve(root, path));
  const services = listOtherServices(folder);
  const plan = await resolvePlan(options, ask, (resolved) =>
    planService({ root, source, folder, folderKind: kind, options: resolved, services }),
  );
  if (plan === undefined) return reportCancelled();
  if (!(await confirmPlan(plan, options, ask))) return reportCancelled();
  applyChanges(plan.changes);
  console.log(describeNextSteps(plan, folder, kind));
  return 0;
}

async function addRepository(url: string, options: AddServiceOptions, ask: Prompt | undefined): Promise<number> {
  const folder = submoduleFolder(options.name ?? repositoryName(url));
  assertFolderFree(root, folder, url);
  return withClone(url, async (clone) => {
    const source = openSourceFolder(clone);
    const services = listOtherServices(folder);
    const plan = await resolvePlan(options, ask, (resolved) =>
      planService({ root, source, folder, folderKind: "packages", options: resolved, services }),
    );
    if (plan === undefined) return reportCancelled();
    console.log(`${folder} becomes a submodule of ${url}`);
    if (!(await confirmPlan(plan, options, ask))) return reportCancelled();
    await addSubmodule(root, url, folder.slice(PACKAGES.length + 1), () =>
      applyChanges(
        plan.changes.map((change) => ({ ...change, file: join(root, folder, relative(clone, change.file)) })),
      ),
    );
    console.log(describeNextSteps(plan, folder, "packages"));
    return 0;
  });
}

async function addFromTemplate(
  options: AddServiceOptions & { new: NonNullable<AddServiceOptions["new"]>; name: string },
  ask: Prompt | undefined,
): Promise<number> {
  const path = options.path ?? join("services", options.name);
  const kind = folderKind(root, path);
  const folder = serviceFolder(path, kind);
  if (isOccupied(resolve(root, path)))
    throw new UserError(`${path} exists already: choose another name, or add what is there with PATH=${path}`);
  const plan = planNewService({ root, folder, folderKind: kind, options, services: listOtherServices(folder) });
  const format = options.dryRun ? formatChange : summarizeChange;
  if (!(await confirmPlan(plan, options, ask, format))) return reportCancelled();
  applyChanges(plan.changes);
  console.log(describeNextSteps(plan, folder, kind));
  return 0;
}

/** Whether something other than a fresh repository is there. */
function isOccupied(path: string): boolean {
  if (!existsSync(path)) return false;
  return !statSync(path).isDirectory() || readdirSync(path).some((name) => name !== ".git");
}

/**
 * The plan for the options; on a terminal the plan for the person's answers. Undefined: cancelled.
 */
async function resolvePlan(
  options: AddServiceOptions,
  ask: Prompt | undefined,
  plan: (options: AddServiceOptions) => Plan,
): Promise<Plan | undefined> {
  const first = plan(options);
  if (ask === undefined) return first;
  const corrected = await askUntilValid(options, first, ask, plan);
  if (corrected === undefined) return undefined;
  const { answered, second } = corrected;
  if (second.kept.length === 0 || !(await confirm(ask, `${second.kept.join(", ")} would change. Replace?`, "n")))
    return second;
  return plan({ ...answered, force: true });
}

/** Asks for the details until the answers are valid, and prints what was wrong with them. */
async function askUntilValid(
  options: AddServiceOptions,
  first: Plan,
  ask: Prompt,
  plan: (options: AddServiceOptions) => Plan,
) {
  for (;;) {
    try {
      const answered = await askDetails(options, first, ask);
      return answered && { answered, second: plan(answered) };
    } catch (error) {
      if ((error as Error).name === "AbortError") throw error;
      console.log(`\n${(error as Error).message}\n`);
    }
  }
}

/**
 * The services whose names and ports are taken. A descriptor that does not parse is skipped: 'make
 * up' names it.
 */
function listOtherServices(folder: string): LocatedService[] {
  const missing = listSubmodules(root).find(({ initialised }) => !initialised);
  if (missing)
    throw new UserError(
      `${missing.path} is a git submodule without files, so its port is unknown. Type: make submodules`,
    );
  return discoverServices(root, folder);
}

/** Relative to the root for a folder of this repository, absolute elsewhere. */
function serviceFolder(path: string, kind: FolderKind): string {
  if (kind === "elsewhere") return resolve(root, path);
  return isAbsolute(path) ? relative(root, path) : relative(root, resolve(root, path));
}
