import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { services } from "../program/services.ts";

/** The files that a clone needs to run: neither tests nor documentation. */
const CLONED_PATHS = [
  "Makefile",
  "Pulumi.yaml",
  "Pulumi.local.yaml",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "index.ts",
  ...[
    "cli",
    "components",
    "dev",
    "local",
    "migrations",
    "policy",
    "providers",
    "schemas",
    "services",
    "templates",
    "toolchain",
  ],
];

/** Copies the working tree into a new temporary folder, with `program` in place of `index.ts`. */
export function cloneRepository(program?: string): string {
  const clone = realpathSync(mkdtempSync(join(tmpdir(), "plinth-clone-")));
  const added = addedServices();
  for (const path of CLONED_PATHS)
    cpSync(join(root, path), join(clone, path), {
      recursive: true,
      filter: (source) => !source.includes("node_modules") && !added.has(source),
    });
  if (program !== undefined) {
    // The program of a suite imports from the root by three steps up; as `index.ts` it lies there.
    const text = readFileSync(program, "utf8").replaceAll('from "../../../', 'from "./');
    writeFileSync(join(clone, "index.ts"), text);
  }
  linkPackages(clone);
  return clone;
}

/** Links the npm packages of this repository; workspaces lead to the clone itself. */
function linkPackages(clone: string): void {
  const packages = join(clone, "node_modules");
  mkdirSync(packages);
  for (const name of readdirSync(join(root, "node_modules")).filter(
    (each) => each !== "@plinth" && each !== ".plinth-lock",
  ))
    symlinkSync(join(root, "node_modules", name), join(packages, name));
  mkdirSync(join(packages, "@plinth"));
  for (const [name, folder] of workspaces()) {
    symlinkSync(join(clone, folder), join(packages, "@plinth", name));
    // Packages of which the root has another version.
    const nested = join(root, folder, "node_modules");
    if (existsSync(nested)) symlinkSync(nested, join(clone, folder, "node_modules"));
  }
  copyFileSync(join(clone, "package-lock.json"), join(packages, ".plinth-lock"));
}

/** Absolute folders of the services that a user has added: no test expects them. */
function addedServices(): Set<string> {
  const folders = readdirSync(join(root, "services")).filter((name) =>
    existsSync(join(root, "services", name, "plinth.json")),
  );
  return new Set(folders.filter((name) => !services.includes(name)).map((name) => join(root, "services", name)));
}

function workspaces(): [name: string, folder: string][] {
  const added = addedServices();
  const names = readdirSync(join(root, "services")).filter((name) => !added.has(join(root, "services", name)));
  const folders = names.map((name): [string, string] => [name, join("services", name)]);
  return [
    ...["local", "migrations", "policy", "providers", "schemas", "toolchain"].map((name): [string, string] => [
      name,
      name,
    ]),
    ...folders,
  ];
}
