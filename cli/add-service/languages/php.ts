import { readJson, type SourceFolder } from "../../service-files/source-folder.ts";
import type { Command, DetectedApp } from "./app.ts";

interface ComposerJson {
  description?: string;
  require?: Record<string, string>;
}

const SERVER_FILES = ["server.php", "bin/server.php", "src/server.php"];
const FRONT_CONTROLLERS = ["public/index.php", "index.php", "web/index.php"];

/** Detects a server (`server.php`), or a front controller for PHP's built-in web server. */
export function detectPhp(source: SourceFolder): DetectedApp | undefined {
  const manifest = source.has("composer.json") ? readJson<ComposerJson>(source, "composer.json") : undefined;
  const entry = [...SERVER_FILES, ...FRONT_CONTROLLERS].find((file) => source.has(file));
  if (entry === undefined) return undefined;
  const packages = Object.keys(manifest?.require ?? {}).filter((name) => name !== "php" && !/^(ext|lib)-/.test(name));
  const composer = [
    "composer",
    "install",
    "--no-dev",
    "--no-interaction",
    "--no-progress",
    "--optimize-autoloader",
  ] as const;
  const front = FRONT_CONTROLLERS.includes(entry);
  const folder = entry.includes("/") ? entry.slice(0, entry.lastIndexOf("/")) : ".";
  // Every path goes to the front controller, as behind a configured web server.
  const command: Command = front ? ["sh", "-c", `exec php -S "$HOST:$PORT" -t ${folder} ${entry}`] : ["php", entry];
  return {
    language: "php",
    evidence: `${manifest ? "composer.json" : "its files"}: it has ${entry}`,
    command,
    build: packages.length > 0 ? [[...composer]] : [],
    dockerfileValues: {
      manifests: ["composer.json", "composer.lock"].filter((file) => source.has(file)).join(" "),
      install: packages.length > 0 ? `RUN ${composer.join(" ")}` : "",
      command: JSON.stringify(command),
    },
    description: manifest?.description,
    commandSetsPort: front,
  };
}
