import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ownFiles } from "../../components/source-revision.ts";

/** The files of a service's repository, to be looked through. Nothing here changes any. */
export interface Project {
  /** Absolute. */
  folder: string;
  /** Relative to it. */
  files: readonly string[];
  has(file: string): boolean;
  text(file: string): string;
  /** The first match in its code, in the order of its files. */
  find(pattern: RegExp): { file: string; match: RegExpExecArray } | undefined;
}

/** What is code, and not its tests: those speak of ports and paths that the service does not have. */
const CODE = /\.(m?[jt]s|cjs|go|py|php)$/;
const ASIDE = /(^|\/)(tests?|__tests__|spec|examples?|docs?|scripts|migrations|k8s)\/|[._]test\.\w+$|\.spec\.\w+$|\.d\.ts$/;
const MOST_BYTES = 300_000;

/** Throws one sentence when it is no folder. */
export function openProject(folder: string): Project {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`${folder} is no folder`);
  const files = ownFiles(folder);
  const text = (file: string) => readFileSync(join(folder, file), "utf8");
  const code = files.filter((file) => CODE.test(file) && !ASIDE.test(file) && statSync(join(folder, file)).size < MOST_BYTES);
  const contents = new Map<string, string>();
  const contentOf = (file: string) => {
    if (!contents.has(file)) contents.set(file, text(file));
    return contents.get(file)!;
  };
  return {
    folder,
    files,
    text,
    has: (file) => existsSync(join(folder, file)),
    find(pattern) {
      for (const file of code) {
        const match = pattern.exec(contentOf(file));
        if (match) return { file, match };
      }
      return undefined;
    },
  };
}
