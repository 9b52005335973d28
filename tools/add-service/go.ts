import { basename, dirname } from "node:path";
import type { Program } from "./program.ts";
import type { Project } from "./project.ts";

/** A `go.mod` with a main package: the one in the root, else the one in `cmd/` that is named after the module or is the only one. */
export function goProgram(project: Project): Program | undefined {
  if (!project.has("go.mod")) return undefined;
  const module = /^module\s+(\S+)/m.exec(project.text("go.mod"))?.[1] ?? "";
  const mains = project.files
    .filter(
      (file) =>
        file.endsWith(".go") &&
        !file.endsWith("_test.go") &&
        /^package main\b/m.test(project.text(file)) &&
        /^func main\(/m.test(project.text(file)),
    )
    .map(dirname);
  const folder = mainFolder([...new Set(mains)], basename(module));
  if (folder === undefined) return undefined;
  const target = folder === "." ? "." : `./${folder}`;
  return {
    language: "go",
    because: `go.mod: module ${module}, main package in ${target}`,
    command: [".plinth/service"],
    build: [["go", "build", "-o", ".plinth/service", target]],
    image: { target },
  };
}

function mainFolder(folders: readonly string[], module: string): string | undefined {
  const preferred = [".", `cmd/${module}`, "cmd/server", "cmd/service", "cmd/api", "cmd/app", "cmd"];
  return preferred.find((folder) => folders.includes(folder)) ?? folders[0];
}
