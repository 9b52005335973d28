import { UserError } from "@plinth/local/user-error.ts";
import { type Language, languages } from "../../../templates/template.ts";
import type { SourceFolder } from "../../service-files/source-folder.ts";
import type { DetectedApp } from "./app.ts";
import { detectGo } from "./go.ts";
import { detectNode } from "./node.ts";
import { detectPhp } from "./php.ts";
import { detectPython } from "./python.ts";

const detectors: Record<Language, (source: SourceFolder) => DetectedApp | undefined> = {
  node: detectNode,
  go: detectGo,
  python: detectPython,
  php: detectPhp,
};

/** The files of each language, named when none is found. */
const expectedFiles: Record<Language, string> = {
  node: "package.json with a start script, a main file, or an index or server file",
  go: "go.mod with a main package",
  python: "requirements.txt or pyproject.toml with an app of FastAPI, Flask or Django, or a main file",
  php: "composer.json, or public/index.php, index.php or server.php",
};

/** @throws {@link UserError} when the files fit no language, or several */
export function detectApp(source: SourceFolder, language?: Language): DetectedApp {
  const candidates = language === undefined ? languages : [language];
  const apps = candidates.flatMap((candidate) => detectors[candidate](source) ?? []);
  if (apps.length === 1) return apps[0]!;
  if (apps.length > 1)
    throw new UserError(
      `${source.folder} could be ${apps.map((app) => `${app.language} (${app.evidence})`).join(" or ")}: say which with LANG=…`,
    );
  throw new UserError(
    `${source.folder} is not a service that add-service knows: it looked for ${candidates.map((candidate) => expectedFiles[candidate]).join("; ")}`,
  );
}
