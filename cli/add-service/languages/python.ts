import { join } from "node:path";
import { UserError } from "@plinth/local/user-error.ts";
import { parse, TomlError } from "smol-toml";
import type { SourceFolder } from "../../service-files/source-folder.ts";
import type { Command, DetectedApp } from "./app.ts";

const VENV_BIN = ".plinth/venv/bin";
const ENTRY_FILES = [
  "main.py",
  "app.py",
  "server.py",
  "src/main.py",
  "src/app.py",
  "src/server.py",
  "service.py",
  "run.py",
];

interface Pyproject {
  project?: { description?: string; dependencies?: string[] };
  "build-system"?: object;
}

/** Detects `requirements.txt` or `pyproject.toml`, and an app of a framework or a main file. */
export function detectPython(source: SourceFolder): DetectedApp | undefined {
  const manifests = ["requirements.txt", "pyproject.toml"].filter((name) => source.has(name));
  if (manifests.length === 0) return undefined;
  const entry = findEntry(source, manifests.map((name) => source.read(name)).join("\n"));
  if (entry === undefined) return undefined;
  const pyproject = readPyproject(source);
  const requirements = pipRequirements(source, pyproject);
  const pip = ["install", "--no-cache-dir", "--disable-pip-version-check", ...requirements];
  const build: Command[] = [["python3", "-m", "venv", VENV_BIN.slice(0, -4)]];
  if (requirements.length > 0) build.push([`${VENV_BIN}/pip`, ...pip]);
  return {
    language: "python",
    evidence: `${manifests[0]}: ${entry.because}`,
    command: entry.command,
    build,
    dockerfileValues: {
      install: requirements.length > 0 ? `RUN pip ${pip.map(shellQuote).join(" ")}` : "",
      // The virtual environment is first on the image's PATH.
      command: JSON.stringify(entry.command.map((word) => word.replaceAll(`${VENV_BIN}/`, ""))),
    },
    description: pyproject.project?.description,
    commandSetsPort: entry.portByCommand,
  };
}

function readPyproject(source: SourceFolder): Pyproject {
  if (!source.has("pyproject.toml")) return {};
  try {
    return parse(source.read("pyproject.toml")) as Pyproject;
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason] = error.message.split("\n");
    throw new UserError(`${join(source.folder, "pyproject.toml")} cannot be read: ${reason}, line ${error.line}`);
  }
}

function findEntry(
  source: SourceFolder,
  packages: string,
): { command: Command; because: string; portByCommand: boolean } | undefined {
  const served = (line: string): Command => ["sh", "-c", `exec ${VENV_BIN}/${line}`];
  const app = (pattern: RegExp) => {
    const found = source.search(pattern);
    return found && { module: moduleName(found.file), object: found.match[1]!, file: found.file };
  };
  const fast = app(/^(\w+)\s*(?::\s*\w+\s*)?=\s*(?:FastAPI|Starlette|Litestar)\(/m);
  if (fast)
    return {
      command: served(`uvicorn ${fast.module}:${fast.object} --host "$HOST" --port "$PORT"`),
      because: `an ASGI app in ${fast.file}`,
      portByCommand: true,
    };
  const flask = app(/^(\w+)\s*=\s*(?:Flask|Bottle|Falcon)\(/m);
  const gunicorn = /^\s*"?gunicorn\b/im.test(packages);
  if (flask && (gunicorn || !ENTRY_FILES.some((file) => source.has(file) && /__main__/.test(source.read(file))))) {
    const line = gunicorn
      ? `gunicorn --bind "$HOST:$PORT" ${flask.module}:${flask.object}`
      : `flask --app ${flask.module}:${flask.object} run --host "$HOST" --port "$PORT"`;
    return { command: served(line), because: `a WSGI app in ${flask.file}`, portByCommand: true };
  }
  if (source.has("manage.py")) {
    const wsgi = source.files.find((file) => file.endsWith("wsgi.py"));
    const line =
      gunicorn && wsgi
        ? `gunicorn --bind "$HOST:$PORT" ${moduleName(wsgi)}`
        : `python manage.py runserver --noreload "$HOST:$PORT"`;
    return { command: served(line), because: "it has Django's manage.py", portByCommand: true };
  }
  const entry = ENTRY_FILES.find((file) => source.has(file));
  if (entry !== undefined)
    return { command: [`${VENV_BIN}/python`, entry], because: `it has ${entry}`, portByCommand: false };
  const main = source.files.find((file) => /^(src\/)?\w+\/__main__\.py$/.test(file));
  return main === undefined
    ? undefined
    : {
        command: [`${VENV_BIN}/python`, "-m", moduleName(main).replace(/\.__main__$/, "")],
        because: `it has ${main}`,
        portByCommand: false,
      };
}

function moduleName(file: string): string {
  return file.replace(/\.py$/, "").replaceAll("/", ".");
}

/** What pip installs: the package itself if it has a build system, otherwise its dependencies. */
function pipRequirements(source: SourceFolder, pyproject: Pyproject): string[] {
  if (source.has("requirements.txt"))
    return /^\s*[^#\s]/m.test(source.read("requirements.txt")) ? ["--requirement", "requirements.txt"] : [];
  return pyproject["build-system"] ? ["."] : (pyproject.project?.dependencies ?? []);
}

function shellQuote(word: string): string {
  return /^[\w.=/-]+$/.test(word) ? word : `'${word}'`;
}
