import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile } from "@plinth/local/json-file.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { listSourceFiles } from "../../components/base/source-revision.ts";

/** Read access to the files of a service's repository. */
export interface SourceFolder {
  /** Absolute. */
  folder: string;
  /** Relative to it. */
  files: readonly string[];
  has(file: string): boolean;
  read(file: string): string;
  /** The first match in its code files. */
  search(pattern: RegExp): { file: string; match: RegExpExecArray } | undefined;
}

/** The object in a JSON file of the repository. @throws {@link UserError} for a damaged file */
export function readJson<T extends object>({ folder }: Pick<SourceFolder, "folder">, file: string): T {
  const remedy = () => "Mend it, then run this again";
  return readJsonFile<T>(join(folder, file), file, remedy) ?? ({} as T);
}

/** Code without tests: those name ports and paths that the service does not have. */
const CODE_FILE = /\.(m?[jt]s|cjs|go|py|php)$/;
const NOT_SERVICE_CODE =
  /(^|\/)(tests?|__tests__|spec|examples?|docs?|scripts|migrations|k8s)\/|[._]test\.\w+$|\.spec\.\w+$|\.d\.ts$/;
const MAX_FILE_BYTES = 300_000;

/** @throws {@link UserError} when it is not a folder */
export function openSourceFolder(folder: string): SourceFolder {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new UserError(`${folder} is not a folder`);
  const files = listSourceFiles(folder);
  const text = (file: string) => readFileSync(join(folder, file), "utf8");
  const code = files.filter(
    (file) =>
      CODE_FILE.test(file) && !NOT_SERVICE_CODE.test(file) && statSync(join(folder, file)).size < MAX_FILE_BYTES,
  );
  const contents = new Map<string, string>();
  const contentOf = (file: string) => {
    if (!contents.has(file)) contents.set(file, text(file));
    return contents.get(file)!;
  };
  return {
    folder,
    files,
    read: text,
    has: (file) => existsSync(join(folder, file)),
    search(pattern) {
      for (const file of code) {
        const match = pattern.exec(contentOf(file));
        if (match) return { file, match };
      }
      return undefined;
    },
  };
}
