import { join } from "node:path";
import { readJsonFile } from "@plinth/local/json-file.ts";
import { readPageToken } from "@plinth/local/page/page-token.ts";

/** The page of a stack of processes, with its token; undefined before it has started once. */
export function pageAddress(directory: string): string | undefined {
  const folder = join(directory, "observability");
  const [file, token] = [join(folder, "settings.json"), readPageToken(folder)];
  if (token === undefined) return undefined;
  const settings = readJsonFile<{ ports?: { page: number } }>(file, "The settings of the page", () => "Type: make up");
  const port = settings?.ports?.page;
  if (port === undefined) return undefined;
  return `http://localhost:${port}/#token=${token}`;
}
