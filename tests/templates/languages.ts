import { programOnPath } from "@plinth/runtime/locations.ts";
import type { Language } from "../../templates/template.ts";
import { remedyWithApt } from "../../tools/parts/apt.ts";

/** Languages whose template reads and writes events. */
export const messagingLanguages = ["node", "go", "python"] as const satisfies readonly Language[];

type Command = [program: string, ...args: string[]];

/** What each template's README tells its owner to run before a commit. */
const checks: Record<(typeof messagingLanguages)[number], Command[]> = {
  node: [
    ["npm", "test"],
    ["npm", "run", "check"],
  ],
  go: [
    ["go", "vet", "./..."],
    ["go", "test", "./..."],
  ],
  python: [[".venv/bin/python", "-W", "error", "-m", "unittest"]],
};

export function checksOf(language: (typeof messagingLanguages)[number]): Command[] {
  return checks[language];
}

/** Why a template cannot be run on this machine, and what to type; undefined when it can. */
export async function lacking(language: Language): Promise<string | undefined> {
  if (language === "go" && !programOnPath("go")) return `Go is missing. Type: ${remedyWithApt("golang-go")}`;
  return undefined;
}
