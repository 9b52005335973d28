import { readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";

/** Test files that share one mocha process. */
export interface TestGroup {
  /** As `make test SUITE=…` takes it. */
  name: string;
  /** Relative to the root of the repository. */
  files: string[];
}

/**
 * One group for the unit tests without servers, one for the integration tests of each room, and one
 * for each folder of `tests/suites`. The servers of a group end before those of the next start.
 */
export function listTestGroups(): TestGroup[] {
  const groups = new Map<string, string[]>([["unit", []]]);
  for (const file of listTestFiles("tests")) {
    const name = groupName(file);
    groups.set(name, [...(groups.get(name) ?? []), file]);
  }
  const [unit, ...others] = [...groups].map(([name, files]) => ({ name, files }));
  return [unit!, ...others.sort((a, b) => (a.name < b.name ? -1 : 1))];
}

/**
 * The groups that `SUITE=` names: by name, by the beginning of several names, or by a folder or
 * file.
 *
 * @throws {@link UserError} for a name without tests
 */
export function selectTestGroups(groups: readonly TestGroup[], names: readonly string[]): TestGroup[] {
  if (names.length === 0) return [...groups];
  return names.flatMap((name) => {
    const matching = groups.filter((group) => group.name === name || group.name.startsWith(`${name}/`));
    if (matching.length > 0) return matching;
    const files = listTestFiles(name);
    if (files.length > 0) return [{ name, files }];
    throw new UserError(
      `There is no suite '${name}'; there are: ${groups.map((group) => group.name).join(", ")}. A folder or a file of tests works too.`,
    );
  });
}

function groupName(file: string): string {
  const [, kind, ...folders] = file.split("/").slice(0, -1);
  if (kind === "suites") return folders.join("/");
  if (!file.endsWith(".integration.test.ts")) return "unit";
  return ["integration", ...folders.slice(0, folders[0] === "services" ? 2 : 1)].join("/");
}

function listTestFiles(path: string): string[] {
  const stats = statSync(join(root, path), { throwIfNoEntry: false });
  if (stats?.isFile()) return [path];
  if (!stats?.isDirectory()) return [];
  return readdirSync(join(root, path), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => relative(root, join(root, path, name)))
    .sort();
}
