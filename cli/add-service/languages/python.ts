import type { SourceFolder } from "../../service-files/source-folder.ts";
import type { DetectedApp } from "./detect.ts";

type Command = [string, ...string[]];

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

/** `requirements.txt` or `pyproject.toml`, and an app of a framework or a main file. */
export function detectPython(project: SourceFolder): DetectedApp | undefined {
  const file = ["requirements.txt", "pyproject.toml"].find((name) => project.has(name));
  if (file === undefined) return undefined;
  const entry = findEntry(
    project,
    ["requirements.txt", "pyproject.toml"]
      .filter((name) => project.has(name))
      .map((name) => project.read(name))
      .join("\n"),
  );
  if (entry === undefined) return undefined;
  const packages = pipRequirements(project);
  const pip = ["install", "--no-cache-dir", "--disable-pip-version-check", ...packages];
  const build: Command[] = [["python3", "-m", "venv", VENV_BIN.slice(0, -4)]];
  if (packages.length > 0) build.push([`${VENV_BIN}/pip`, ...pip]);
  const description = project.has("pyproject.toml")
    ? /^description\s*=\s*"(.*)"/m.exec(project.read("pyproject.toml"))?.[1]
    : undefined;
  return {
    language: "python",
    evidence: `${file}: ${entry.because}`,
    command: entry.command,
    build,
    dockerfileValues: {
      install: packages.length > 0 ? `RUN pip ${pip.map(shellQuote).join(" ")}` : "",
      // The virtual environment is first on the image's PATH.
      command: JSON.stringify(entry.command.map((word) => word.replaceAll(`${VENV_BIN}/`, ""))),
    },
    description,
    commandSetsPort: entry.portByCommand,
  };
}

function findEntry(
  project: SourceFolder,
  packages: string,
): { command: Command; because: string; portByCommand: boolean } | undefined {
  const served = (line: string): Command => ["sh", "-c", `exec ${VENV_BIN}/${line}`];
  const app = (pattern: RegExp) => {
    const found = project.search(pattern);
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
  if (flask && (gunicorn || !ENTRY_FILES.some((file) => project.has(file) && /__main__/.test(project.read(file))))) {
    const line = gunicorn
      ? `gunicorn --bind "$HOST:$PORT" ${flask.module}:${flask.object}`
      : `flask --app ${flask.module}:${flask.object} run --host "$HOST" --port "$PORT"`;
    return { command: served(line), because: `a WSGI app in ${flask.file}`, portByCommand: true };
  }
  if (project.has("manage.py")) {
    const wsgi = project.files.find((file) => file.endsWith("wsgi.py"));
    const line =
      gunicorn && wsgi
        ? `gunicorn --bind "$HOST:$PORT" ${moduleName(wsgi)}`
        : `python manage.py runserver --noreload "$HOST:$PORT"`;
    return { command: served(line), because: "it has Django's manage.py", portByCommand: true };
  }
  const entry = ENTRY_FILES.find((file) => project.has(file));
  if (entry !== undefined)
    return { command: [`${VENV_BIN}/python`, entry], because: `it has ${entry}`, portByCommand: false };
  const main = project.files.find((file) => /^(src\/)?\w+\/__main__\.py$/.test(file));
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

/**
 * What pip is asked for: a package of its own where there is a build system, else what it depends
 * on.
 */
function pipRequirements(project: SourceFolder): string[] {
  if (project.has("requirements.txt"))
    return /^\s*[^#\s]/m.test(project.read("requirements.txt")) ? ["--requirement", "requirements.txt"] : [];
  const text = project.read("pyproject.toml");
  if (/^\[build-system\]/m.test(text)) return ["."];
  const list = /^dependencies\s*=\s*\[([\s\S]*?)\]\s*$/m.exec(text)?.[1] ?? "";
  return [...list.matchAll(/["']([^"']+)["']/g)].map(([, name]) => name!);
}

function shellQuote(word: string): string {
  return /^[\w.=/-]+$/.test(word) ? word : `'${word}'`;
}
