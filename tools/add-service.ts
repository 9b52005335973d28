import { existsSync, readdirSync, statSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { root } from "@plinth/runtime/locations.ts";
import { discoverServices, type LocatedService } from "../components/descriptor.ts";
import { listSubmodules, PACKAGES } from "../components/packages.ts";
import { type Change, diffOf, writeAll } from "./add-service/change.ts";
import { repositoryUrl } from "./add-service/git.ts";
import { type Ask, askDetails, askSource, askYes } from "./add-service/menu.ts";
import { planNewService } from "./add-service/new-service.ts";
import { type Options, parseOptions } from "./add-service/options.ts";
import { type Place, placeOf } from "./add-service/place.ts";
import { type Plan, packageFolder, planService } from "./add-service/plan.ts";
import { openProject } from "./add-service/project.ts";
import { addSubmodule, checkPlace, nameOfRepository, withClone } from "./add-service/submodule.ts";
import { main } from "./main.ts";
import { counted, shellWord } from "./words.ts";

/** `make add-service`: gives code what it needs to run on the platform. Asks where there is a terminal; shows all that it writes. */
await main(async () => {
  // Ctrl-C ends the git that runs; what it had begun is then taken back here.
  process.on("SIGINT", () => undefined);
  const given = parseOptions(process.argv.slice(2));
  const terminal = process.stdin.isTTY && !given.yes ? createInterface({ input: process.stdin, output: process.stdout }) : undefined;
  const ask: Ask | undefined =
    terminal &&
    (async (question, fallback) => (await terminal.question(`${question}${fallback && ` [${fallback}]`}: `)).trim() || fallback);
  try {
    return await addService(given, ask);
  } catch (error) {
    // Ctrl-C and Ctrl-D at a question.
    if ((error as Error).name === "AbortError") return cancelled();
    throw error;
  } finally {
    terminal?.close();
  }
});

async function addService(given: Options, ask: Ask | undefined): Promise<number> {
  const options = ask ? await askSource(given, ask) : given;
  if (options === undefined) return cancelled();
  if (options.url !== undefined) return fromRepository(repositoryUrl(options.url, root), options, ask);
  if (options.new !== undefined) return fromTemplate({ ...options, new: options.new, name: options.name! }, ask);
  if (options.path === undefined)
    throw new Error("Say where the service is: PATH=folder or URL=repository; or NEW=node|go|python|php NAME=… for a new one");
  const place = placeOf(root, options.path);
  const folder = located(options.path, place);
  const project = openProject(resolve(root, options.path));
  const plan = await settle(options, ask, (with_) =>
    planService({ root, project, folder, place, options: with_, services: others(folder) }),
  );
  if (plan === undefined) return cancelled();
  if (!(await agreed(plan, options, ask))) return cancelled();
  writeAll(plan.changes);
  console.log(nextSteps(plan, folder, place));
  return 0;
}

async function fromRepository(url: string, options: Options, ask: Ask | undefined): Promise<number> {
  const folder = packageFolder(options.name ?? nameOfRepository(url));
  checkPlace(root, folder);
  return withClone(url, async (clone) => {
    const project = openProject(clone);
    const plan = await settle(options, ask, (with_) =>
      planService({ root, project, folder, place: "packages", options: with_, services: others(folder) }),
    );
    if (plan === undefined) return cancelled();
    console.log(`${folder} becomes a submodule of ${url}`);
    if (!(await agreed(plan, options, ask))) return cancelled();
    addSubmodule(root, url, folder.slice(PACKAGES.length + 1), () =>
      writeAll(plan.changes.map((change) => ({ ...change, file: join(root, folder, relative(clone, change.file)) }))),
    );
    console.log(nextSteps(plan, folder, "packages"));
    return 0;
  });
}

async function fromTemplate(options: Options & { new: NonNullable<Options["new"]>; name: string }, ask: Ask | undefined): Promise<number> {
  const path = options.path ?? join("services", options.name);
  const place = placeOf(root, path);
  const folder = located(path, place);
  const absolute = resolve(root, path);
  if (existsSync(absolute) && (!statSync(absolute).isDirectory() || readdirSync(absolute).some((name) => name !== ".git")))
    throw new Error(`${path} is there already: choose another name, or add what is there with PATH=${path}`);
  const plan = planNewService({ root, folder, place, options, services: others(folder) });
  if (!(await agreed(plan, options, ask, options.dryRun ? shown : named))) return cancelled();
  writeAll(plan.changes);
  console.log(nextSteps(plan, folder, place));
  return 0;
}

/** The plan for the options as given; where somebody can be asked, for what they answered. */
async function settle(options: Options, ask: Ask | undefined, plan: (options: Options) => Plan): Promise<Plan | undefined> {
  const first = plan(options);
  if (ask === undefined) return first;
  const corrected = await correct(options, first, ask, plan);
  if (corrected === undefined) return undefined;
  const { answered, second } = corrected;
  if (second.kept.length === 0 || !(await askYes(ask, `${second.kept.join(", ")} would change. Replace?`, "n"))) return second;
  return plan({ ...answered, force: true });
}

/** What was answered, and the plan for it; an answer that will not do is told, and everything asked again. */
async function correct(options: Options, first: Plan, ask: Ask, plan: (options: Options) => Plan) {
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

/** Shows everything, and asks where that is possible. Nobody is asked about files that are not there yet, unless at a terminal. */
async function agreed(plan: Plan, options: Options, ask: Ask | undefined, show = shown): Promise<boolean> {
  const { changes, kept, notes, detected } = plan;
  console.log(`Detected: ${detected}`);
  for (const change of changes) console.log(show(change));
  for (const file of kept) console.log(`\n${file} is there and stays as it is; FORCE=1 replaces it.`);
  for (const note of notes) console.log(`\nNote: ${note}`);
  if (options.dryRun) {
    console.log(`\nOf ${counted(changes.length, "file")}, as DRY_RUN asked:`);
    return false;
  }
  return (
    ask === undefined ||
    changes.length === 0 ||
    askYes(ask, `\nWrite ${changes.length === 1 ? "this file" : `these ${changes.length} files`}?`, "y")
  );
}

/** A lockfile or another long file says little on a screen. */
function shown(change: Change): string {
  const diff = diffOf(change);
  const lines = diff.split("\n");
  return `\n${lines.length > 200 ? `${lines.slice(0, 2).join("\n")}\n(${lines.length - 4} lines)` : diff.trimEnd()}`;
}

/** All of a template at once would scroll what matters away; a file that was there before is shown. */
function named(change: Change): string {
  return existsSync(change.file) ? shown(change) : `  ${change.label} (${counted(change.after!.trimEnd().split("\n").length, "line")})`;
}

function cancelled(): number {
  console.log("Nothing was written.");
  return 0;
}

/** Services that the new one shares names and ports with. One that does not parse is somebody's own business, and named by 'make up'. */
function others(folder: string): LocatedService[] {
  const unready = listSubmodules(root).find(({ initialised }) => !initialised);
  if (unready)
    throw new Error(`${unready.path} is a git submodule whose files are not here yet, so nobody knows its port. Type: make submodules`);
  return discoverServices(root, folder);
}

function located(path: string, place: Place): string {
  if (place === "elsewhere") return resolve(root, path);
  return isAbsolute(path) ? relative(root, path) : relative(root, resolve(root, path));
}

function nextSteps({ descriptor, changes }: Plan, folder: string, place: Place): string {
  const { name } = descriptor;
  const done =
    changes.length === 0
      ? `\n${name} has all that it needs: nothing was written.`
      : `\n${name} has what it needs: ${counted(changes.length, "file")} written.`;
  const word = shellWord(folder);
  const judged = `make checklist SERVICE=${place === "elsewhere" ? word : name}`;
  const ways: Record<Place, string[]> = {
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
