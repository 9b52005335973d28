import { type Language, languages } from "../../templates/template.ts";
import { goProgram } from "./go.ts";
import { nodeProgram } from "./node.ts";
import { phpProgram } from "./php.ts";
import type { Project } from "./project.ts";
import { pythonProgram } from "./python.ts";

type Command = [string, ...string[]];

/** How a service's code is built and run. */
export interface Program {
  language: Language;
  /** What in the files said so. */
  because: string;
  /** On a machine, from its own folder; `HOST` and `PORT` come by the environment. */
  command: Command;
  build: Command[];
  /** What its Dockerfile leaves open, by the names between the braces; an empty one takes its line away. */
  image: Record<string, string>;
  /** Of its package file. */
  description?: string | undefined;
  /** Whether the command line hands the port on, whatever the code does. */
  portByCommand?: boolean;
}

const detectors: Record<Language, (project: Project) => Program | undefined> = {
  node: nodeProgram,
  go: goProgram,
  python: pythonProgram,
  php: phpProgram,
};

/** What tells each language, for the sentence that it was not found. */
const marks: Record<Language, string> = {
  node: "package.json with a start script, a main file, or an index or server file",
  go: "go.mod with a main package",
  python: "requirements.txt or pyproject.toml with an app of FastAPI, Flask or Django, or a main file",
  php: "composer.json, or public/index.php, index.php or server.php",
};

/** Throws one sentence when the files say nothing, or several things. */
export function detectProgram(project: Project, language?: Language): Program {
  const wanted = language === undefined ? languages : [language];
  const found = wanted.flatMap((one) => detectors[one](project) ?? []);
  if (found.length === 1) return found[0]!;
  if (found.length > 1)
    throw new Error(
      `${project.folder} could be ${found.map((one) => `${one.language} (${one.because})`).join(" or ")}: say which with LANG=…`,
    );
  throw new Error(`${project.folder} is no service that add-service can tell: it looked for ${wanted.map((one) => marks[one]).join("; ")}`);
}
