import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { root } from "@plinth/local/locations.ts";

/** What each room may import besides itself. */
const ARROWS: Record<string, readonly string[]> = {
  schemas: [],
  local: ["schemas"],
  policy: [],
  templates: ["local"],
  migrations: ["local"],
  toolchain: ["local"],
  providers: ["migrations", "local", "schemas"],
  components: ["providers", "migrations", "local", "schemas"],
  "index.ts": ["components", "local"],
  "services/kit": ["schemas"],
  "services/wallet": ["services/kit", "schemas"],
  "services/highload": ["services/kit", "schemas"],
  cli: [
    "index.ts",
    "components",
    "providers",
    "migrations",
    "local",
    "schemas",
    "services/kit",
    "toolchain",
    "policy",
    "templates",
  ],
  dev: [
    ...["cli", "index.ts", "components", "providers", "migrations", "local", "schemas"],
    ...["services", "toolchain", "policy", "templates", "tests/support"],
  ],
};
/** Rooms of the kit; each stands on core, and core stands on none of them. */
const KIT_CORE = "services/kit/core";

const sources = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts", "*.tsx"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && !/(^|\/)generated\//.test(file) && !/^templates\/\w+\//.test(file))
  // A service that builds by itself keeps rules of its own.
  .filter((file) => !existsSync(join(root, ...file.split("/").slice(0, 2), "Dockerfile")));
const packages = new Map(
  [
    "local",
    "migrations",
    "policy",
    "providers",
    "schemas",
    "toolchain",
    "services/kit",
    "services/wallet",
    "services/highload",
  ].map((folder) => [`@plinth/${folder.split("/").at(-1)}`, folder]),
);
const imports = new Map(sources.map((file) => [file, importsOf(file)]));

describe("the rooms of the repository", () => {
  it("import one way: dev → cli → index → components → providers → migrations → local → schemas", () => {
    const backward = [...imports].flatMap(([file, targets]) => {
      const from = roomOf(file);
      if (from.startsWith("tests/")) return [];
      const allowed = ARROWS[from] ?? (from.startsWith("services/") ? ARROWS["services/wallet"]! : []);
      return targets
        .filter(
          (target) =>
            roomOf(target) !== from && !allowed.some((room) => target === room || target.startsWith(`${room}/`)),
        )
        .map((target) => `${file} → ${target}`);
    });
    assert.deepEqual(backward, []);
  });

  it("keep the kit's core free of the kit's other rooms", () => {
    const outside = [...imports]
      .filter(([file]) => file.startsWith(`${KIT_CORE}/`))
      .flatMap(([file, targets]) =>
        targets.filter((target) => !target.startsWith(`${KIT_CORE}/`)).map((target) => `${file} → ${target}`),
      );
    assert.deepEqual(outside, []);
  });

  it("hold no circle of files, type imports included", () => {
    assert.deepEqual(findCircles(), []);
  });

  it("hold at most 25 source files at a folder's root, and at most 300 lines a file", () => {
    const folders = new Map<string, number>();
    for (const file of sources.filter((name) => !name.endsWith(".test.ts")))
      folders.set(dirname(file), (folders.get(dirname(file)) ?? 0) + 1);
    assert.deepEqual(
      [...folders].filter(([, count]) => count > 25),
      [],
    );
    assert.deepEqual(
      sources.filter((file) => text(file).split("\n").length - 1 > 300),
      [],
    );
  });

  it("wrap comments at 100 columns", () => {
    const wide = sources.flatMap((file) =>
      text(file)
        .split("\n")
        .flatMap((line, index) => {
          const isComment = /^\s*(\/\/|\/?\*)/.test(line) && !/biome-ignore|https?:\/\/|@ts-/.test(line);
          return isComment && line.length > 100 ? [`${file}:${index + 1}`] : [];
        }),
    );
    assert.deepEqual(wide, []);
  });

  it("mirror each unit test's source (its path without tests/unit)", () => {
    const known = new Set(sources.map((file) => dirname(file)));
    const stray = sources
      .filter((file) => file.startsWith("tests/unit/") && file.endsWith(".test.ts"))
      .filter((file) => !known.has(dirname(file).slice("tests/unit/".length)));
    assert.deepEqual(stray, []);
  });
});

function text(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

function roomOf(file: string): string {
  const [first = "", second] = file.split("/");
  return first === "services" || first === "tests" ? `${first}/${second}` : first;
}

function importsOf(file: string): string[] {
  const found = text(file).matchAll(
    /(?:^|\n)\s*(?:import|export)[^"'`;]*?from\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|(?:^|\n)import "([^"]+)"/g,
  );
  const known = new Set(sources);
  return [...found].flatMap(([, statement, dynamic, bare]) => {
    const specifier = statement ?? dynamic ?? bare ?? "";
    const target = resolve(file, specifier);
    return target !== undefined && known.has(target) ? [target] : [];
  });
}

function resolve(from: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return normalize(join(dirname(from), specifier));
  const [scope, name, ...rest] = specifier.split("/");
  const folder = packages.get(`${scope}/${name}`);
  return folder === undefined ? undefined : join(folder, ...rest);
}

/** Strongly connected files (Tarjan's algorithm), each group in the order of the paths. */
function findCircles(): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): void => {
    index.set(file, index.size);
    low.set(file, index.get(file)!);
    stack.push(file);
    for (const target of imports.get(file) ?? []) {
      if (!index.has(target)) visit(target);
      if (stack.includes(target)) low.set(file, Math.min(low.get(file)!, low.get(target)!));
    }
    if (low.get(file) !== index.get(file)) return;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1 || imports.get(file)?.includes(file)) circles.push(group.sort());
  };
  for (const file of imports.keys()) if (!index.has(file)) visit(file);
  return circles;
}
