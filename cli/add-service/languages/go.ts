import { basename, dirname } from "node:path";
import type { SourceFolder } from "../../service-files/source-folder.ts";
import type { DetectedApp } from "./app.ts";

/** Detects a `go.mod` with a main package: in the root, in `cmd/`, or the only one. */
export function detectGo(source: SourceFolder): DetectedApp | undefined {
  if (!source.has("go.mod")) return undefined;
  const module = /^module\s+(\S+)/m.exec(source.read("go.mod"))?.[1] ?? "";
  const mains = source.files
    .filter(
      (file) =>
        file.endsWith(".go") &&
        !file.endsWith("_test.go") &&
        /^package main\b/m.test(source.read(file)) &&
        /^func main\(/m.test(source.read(file)),
    )
    .map(dirname);
  const folder = findMainFolder([...new Set(mains)], basename(module));
  if (folder === undefined) return undefined;
  const target = folder === "." ? "." : `./${folder}`;
  return {
    language: "go",
    evidence: `go.mod: module ${module}, main package in ${target}`,
    command: [".plinth/service"],
    build: [["go", "build", "-o", ".plinth/service", target]],
    dockerfileValues: { target },
  };
}

function findMainFolder(folders: readonly string[], module: string): string | undefined {
  const preferred = [".", `cmd/${module}`, "cmd/server", "cmd/service", "cmd/api", "cmd/app", "cmd"];
  return preferred.find((folder) => folders.includes(folder)) ?? folders[0];
}
