import { relative } from "node:path";
import type { FolderKind } from "./folder-kind.ts";

const SCHEMA = "components/service/plinth.schema.json";

/**
 * The field by which an editor finds the schema of `plinth.json`. None for a service elsewhere: the
 * path holds only in this repository.
 */
export function schemaReference(folder: string, kind: FolderKind): { $schema?: string } {
  return kind === "elsewhere" ? {} : { $schema: relative(folder, SCHEMA) };
}
