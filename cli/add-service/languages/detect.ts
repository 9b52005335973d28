import { type Language, languages } from "../../../templates/template.ts";
import type { SourceFolder } from "../../service-files/source-folder.ts";
import { detectGo } from "./go.ts";
import { detectNode } from "./node.ts";
import { detectPhp } from "./php.ts";
import { detectPython } from "./python.ts";

type Command = [string, ...string[]];

/** How a service's code is built and run. */
export interface DetectedApp {
  language: Language;
  /** What in the files said so. */
  evidence: string;
  /** On a machine, from its own folder; `HOST` and `PORT` come by the environment. */
  command: Command;
  build: Command[];
  /**
   * What its Dockerfile leaves open, by the names between the braces; an empty one takes its line
   * away.
   */
  dockerfileValues: Record<string, string>;
  /** Of its package file. */
  description?: string | undefined;
  /** Whether the command line hands the port on, whatever the code does. */
  commandSetsPort?: boolean;
}

const detectors: Record<Language, (project: SourceFolder) => DetectedApp | undefined> = {
  node: detectNode,
  go: detectGo,
  python: detectPython,
  php: detectPhp,
};

/** What tells each language, for the sentence that it was not found. */
const expectedFiles: Record<Language, string> = {
  node: "package.json with a start script, a main file, or an index or server file",
  go: "go.mod with a main package",
  python: "requirements.txt or pyproject.toml with an app of FastAPI, Flask or Django, or a main file",
  php: "composer.json, or public/index.php, index.php or server.php",
};

/** Throws one sentence when the files say nothing, or several things. */
export function detectApp(project: SourceFolder, language?: Language): DetectedApp {
  const wanted = language === undefined ? languages : [language];
  const found = wanted.flatMap((one) => detectors[one](project) ?? []);
  if (found.length === 1) return found[0]!;
  if (found.length > 1)
    throw new Error(
      `${project.folder} could be ${found.map((one) => `${one.language} (${one.evidence})`).join(" or ")}: say which with LANG=…`,
    );
  throw new Error(
    `${project.folder} is no service that add-service can tell: it looked for ${wanted.map((one) => expectedFiles[one]).join("; ")}`,
  );
}
