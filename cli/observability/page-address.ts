import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readPageToken } from "@plinth/local/page/page-token.ts";

/** The page of a stack of processes, with its token; undefined before it has started once. */
export function pageAddress(directory: string): string | undefined {
  const folder = join(directory, "observability");
  const [file, token] = [join(folder, "settings.json"), readPageToken(folder)];
  if (token === undefined || !existsSync(file)) return undefined;
  const { ports } = JSON.parse(readFileSync(file, "utf8")) as { ports: { page: number } };
  return `http://localhost:${ports.page}/#token=${token}`;
}
