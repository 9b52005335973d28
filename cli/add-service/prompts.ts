import { expectation, isValid } from "@plinth/local/validation/check.ts";
import { catalog } from "@plinth/schemas/catalog.ts";
import { serviceName } from "../../components/service/name.ts";
import { languages } from "../../templates/template.ts";
import { type AddServiceOptions, parseOptions } from "./options.ts";
import type { Plan } from "./service-plan.ts";

/** Asks a person one question; an empty answer is the fallback in brackets. */
export type Prompt = (question: string, fallback: string) => Promise<string>;

/** Asks where the service comes from, unless the options say so. Undefined: cancelled. */
export async function askSource(options: AddServiceOptions, ask: Prompt): Promise<AddServiceOptions | undefined> {
  if (options.path ?? options.url ?? options.new) return options;
  const choice = await choose(ask, "Where is the service?", [
    "in a folder of this machine",
    "in a git repository: it becomes a submodule in packages/",
    "nowhere yet: begin a new one",
    "Cancel",
  ]);
  if (choice === 4) return undefined;
  const something = (text: string) => text !== "";
  if (choice === 1) return { ...options, path: await askUntilValid(ask, "Folder, such as ../orders", "", something) };
  if (choice === 2) return { ...options, url: await askUntilValid(ask, "Address of the repository", "", something) };
  const language = languages[(await choose(ask, "In which language?", languages)) - 1]!;
  const rule = serviceName();
  const isName = (answer: string) => isValid(rule, answer);
  const name = options.name ?? (await askUntilValid(ask, "Name", "", isName, expectation(rule)));
  return { ...options, new: language, name };
}

/** Asks to confirm or correct what the plan assumes. Undefined: cancelled. */
export async function askDetails(
  options: AddServiceOptions,
  { descriptor, detected }: Plan,
  ask: Prompt,
): Promise<AddServiceOptions | undefined> {
  const choice = await choose(ask, `Detected: ${detected}\nWhat do you want to add?`, [
    "Dockerfile, .dockerignore and plinth.json, as far as they are missing",
    "the same, and Kubernetes manifests for kustomize (k8s/base, k8s/overlays/dev and prod)",
    "Cancel",
  ]);
  if (choice === 3) return undefined;
  const { name, port, needs, topics, tenant } = descriptor;
  const answers = {
    NAME: options.name ?? (await ask("Name", name)),
    PORT: String(options.port ?? (await ask("Application port", String(port)))),
    NEEDS: await askList(ask, options.needs, "Needs, of database cache broker registry", needs),
    PRODUCES: await askList(
      ask,
      options.produces,
      `Topics that it writes, of ${catalog.map(({ topic }) => topic).join(" ")}`,
      topics.produces,
    ),
    CONSUMES: await askList(ask, options.consumes, "Topics that it reads", topics.consumes),
    TENANT: options.tenant ?? (await ask("Tenant of a request: header, optional or none", tenant)),
  };
  const answered = parseOptions(Object.entries(answers).map(([variable, value]) => `${variable}=${value}`));
  const given = Object.fromEntries(Object.entries(answered).filter(([, value]) => value !== false));
  return { ...options, ...given, kustomize: options.kustomize || choice === 2 };
}

/** Asks a question that is answered with yes or no. */
export async function confirm(ask: Prompt, question: string, fallback: "y" | "n"): Promise<boolean> {
  return /^y/i.test(await ask(`${question} (y/n)`, fallback));
}

/** Asks until the answer is valid; from the second time on it says what is expected. */
async function askUntilValid(
  ask: Prompt,
  question: string,
  fallback: string,
  valid: (answer: string) => boolean,
  expected = "",
): Promise<string> {
  for (let prompt = question; ; prompt = `${expected && `It must be ${expected}.\n`}${question}`) {
    const answer = await ask(prompt, fallback);
    if (valid(answer)) return answer;
  }
}

/** Returns the number of the choice; the answer is a number or the text of a choice. */
async function choose(ask: Prompt, question: string, choices: readonly string[]): Promise<number> {
  const lines = choices.map((choice, index) => `${index + 1}) ${choice}`);
  const numberOf = (answer: string) => (choices.includes(answer) ? choices.indexOf(answer) + 1 : Number(answer));
  const answer = await askUntilValid(
    ask,
    [question, ...lines, `Select option 1-${choices.length}`].join("\n"),
    "1",
    (text) => choices.some((_, index) => numberOf(text) === index + 1),
  );
  return numberOf(answer);
}

async function askList(
  ask: Prompt,
  given: readonly string[] | undefined,
  question: string,
  fallback: readonly string[],
): Promise<string> {
  if (given) return given.join(" ");
  const answer = await ask(`${question} ('-' for none)`, fallback.join(" ") || "-");
  return answer.trim() === "-" ? "" : answer;
}
