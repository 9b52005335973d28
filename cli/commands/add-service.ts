import { existsSync, readdirSync, statSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { root } from "@plinth/local/locations.ts";
import { discoverServices, type LocatedService } from "../../components/service/descriptor.ts";
import { listSubmodules, PACKAGES } from "../../components/service/packages.ts";
import { type FolderKind, folderKind } from "../add-service/folder-kind.ts";
import { planNewService } from "../add-service/new-service.ts";
import { type AddServiceOptions, parseOptions } from "../add-service/options.ts";
import { type Plan, planService, submoduleFolder } from "../add-service/plan.ts";
import { askDetails, askSource, confirm, type Prompt } from "../add-service/prompts.ts";
import { addSubmodule, assertFolderFree, repositoryName, withClone } from "../add-service/submodule.ts";
import { applyChanges, type FileChange, unifiedDiff } from "../service-files/file-change.ts";
import { resolveRepositoryUrl } from "../service-files/git.ts";
import { openSourceFolder } from "../service-files/source-folder.ts";
import { main } from "../terminal/main.ts";
import { pluralize, shellQuote } from "../terminal/text.ts";

/**
 * `make add-service`: gives code what it needs to run on the platform. Asks where there is a
 * terminal; shows all that it writes.
 */
await main(async () => {
  // Ctrl-C ends the git that runs; what it had begun is then taken back here.
  process.on("SIGINT", () => undefined);
  const given = parseOptions(process.argv.slice(2));
  const terminal =
    process.stdin.isTTY && !given.yes ? createInterface({ input: process.stdin, output: process.stdout }) : undefined;
  const ask: Prompt | undefined =
    terminal &&
    (async (question, fallback) =>
      (await terminal.question(`${question}${fallback && ` [${fallback}]`}: `)).trim() || fallback);
  try {
    return await addService(given, ask);
  } catch (error) {
    // Ctrl-C and Ctrl-D at a question.
    if ((error as Error).name === "AbortError") return reportCancelled();
    throw error;
  } finally {
    terminal?.close();
  }
});

async function addService(given: AddServiceOptions, ask: Prompt | undefined): Promise<number> {
  const options = ask ? await askSource(given, ask) : given;
  if (options === undefined) return reportCancelled();
  if (options.url !== undefined) return addRepository(resolveRepositoryUrl(options.url, root), options, ask);
  if (options.new !== undefined) return addFromTemplate({ ...options, new: options.new, name: options.name! }, ask);
  if (options.path === undefined)
    throw new Error(
      "Say where the service is: PATH=folder or URL=repository; or NEW=node|go|python|php NAME=… for a new one",
    );
  const place = folderKind(root, options.path);
  const folder = serviceFolder(options.path, place);
  const project = openSourceFolder(resolve(root, options.path));
  const plan = await resolvePlan(options, ask, (with_) =>
    planService({
      root,
      source: project,
      folder,
      folderKind: place,
      options: with_,
      services: discoverOtherServices(folder),
    }),
  );
  if (plan === undefined) return reportCancelled();
  if (!(await confirmPlan(plan, options, ask))) return reportCancelled();
  applyChanges(plan.changes);
  console.log(describeNextSteps(plan, folder, place));
  return 0;
}

async function addRepository(url: string, options: AddServiceOptions, ask: Prompt | undefined): Promise<number> {
  const folder = submoduleFolder(options.name ?? repositoryName(url));
  assertFolderFree(root, folder);
  return withClone(url, async (clone) => {
    const project = openSourceFolder(clone);
    const plan = await resolvePlan(options, ask, (with_) =>
      planService({
        root,
        source: project,
        folder,
        folderKind: "packages",
        options: with_,
        services: discoverOtherServices(folder),
      }),
    );
    if (plan === undefined) return reportCancelled();
    console.log(`${folder} becomes a submodule of ${url}`);
    if (!(await confirmPlan(plan, options, ask))) return reportCancelled();
    addSubmodule(root, url, folder.slice(PACKAGES.length + 1), () =>
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
  const place = folderKind(root, path);
  const folder = serviceFolder(path, place);
  const absolute = resolve(root, path);
  if (
    existsSync(absolute) &&
    (!statSync(absolute).isDirectory() || readdirSync(absolute).some((name) => name !== ".git"))
  )
    throw new Error(`${path} is there already: choose another name, or add what is there with PATH=${path}`);
  const plan = planNewService({ root, folder, folderKind: place, options, services: discoverOtherServices(folder) });
  if (!(await confirmPlan(plan, options, ask, options.dryRun ? formatChange : summarizeChange)))
    return reportCancelled();
  applyChanges(plan.changes);
  console.log(describeNextSteps(plan, folder, place));
  return 0;
}

/** The plan for the options as given; where somebody can be asked, for what they answered. */
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

/**
 * What was answered, and the plan for it; an answer that will not do is told, and everything asked
 * again.
 */
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
 * Shows everything, and asks where that is possible. Nobody is asked about files that are not there
 * yet, unless at a terminal.
 */
async function confirmPlan(
  plan: Plan,
  options: AddServiceOptions,
  ask: Prompt | undefined,
  show = formatChange,
): Promise<boolean> {
  const { changes, kept, notes, detected } = plan;
  console.log(`Detected: ${detected}`);
  for (const change of changes) console.log(show(change));
  for (const file of kept) console.log(`\n${file} is there and stays as it is; FORCE=1 replaces it.`);
  for (const note of notes) console.log(`\nNote: ${note}`);
  if (options.dryRun) {
    console.log(`\nOf ${pluralize(changes.length, "file")}, as DRY_RUN asked:`);
    return false;
  }
  return (
    ask === undefined ||
    changes.length === 0 ||
    confirm(ask, `\nWrite ${changes.length === 1 ? "this file" : `these ${changes.length} files`}?`, "y")
  );
}

/** A lockfile or another long file says little on a screen. */
function formatChange(change: FileChange): string {
  const diff = unifiedDiff(change);
  const lines = diff.split("\n");
  return `\n${lines.length > 200 ? `${lines.slice(0, 2).join("\n")}\n(${lines.length - 4} lines)` : diff.trimEnd()}`;
}

/**
 * All of a template at once would scroll what matters away; a file that was there before is shown.
 */
function summarizeChange(change: FileChange): string {
  return existsSync(change.file)
    ? formatChange(change)
    : `  ${change.label} (${pluralize(change.content!.trimEnd().split("\n").length, "line")})`;
}

function reportCancelled(): number {
  console.log("Nothing was written.");
  return 0;
}

/**
 * Services that the new one shares names and ports with. One that does not parse is somebody's own
 * business, and named by 'make up'.
 */
function discoverOtherServices(folder: string): LocatedService[] {
  const unready = listSubmodules(root).find(({ initialised }) => !initialised);
  if (unready)
    throw new Error(
      `${unready.path} is a git submodule whose files are not here yet, so nobody knows its port. Type: make submodules`,
    );
  return discoverServices(root, folder);
}

function serviceFolder(path: string, place: FolderKind): string {
  if (place === "elsewhere") return resolve(root, path);
  return isAbsolute(path) ? relative(root, path) : relative(root, resolve(root, path));
}

function describeNextSteps({ descriptor, changes }: Plan, folder: string, place: FolderKind): string {
  const { name } = descriptor;
  const done =
    changes.length === 0
      ? `\n${name} has all that it needs: nothing was written.`
      : `\n${name} has what it needs: ${pluralize(changes.length, "file")} written.`;
  const word = shellQuote(folder);
  const judged = `make checklist SERVICE=${place === "elsewhere" ? word : name}`;
  const ways: Record<FolderKind, string[]> = {
    services: ["make up", judged],
    packages: [
      `git -C ${word} add --all && git -C ${word} commit -m 'Describe the service to the platform' && git -C ${word} push`,
      `git add .gitmodules ${word} && git commit -m 'Add ${name}'`,
      "make up",
      judged,
    ],
    elsewhere: [
      `commit the files in ${word} (git -C ${word} init, if it is no repository yet) and push it to where your team finds it`,
      `make add-service URL=<that repository, or ${word} itself on this machine>    # it joins the platform as a submodule in ${PACKAGES}/`,
      judged,
    ],
  };
  return [done, "Next:", ...ways[place].map((line) => `  ${line}`)].join("\n");
}
