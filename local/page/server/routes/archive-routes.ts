import type { PageSources } from "../../model/sources.ts";
import type { ImportedSets } from "../archive/imported-sets.ts";
import type { Route } from "../http/router.ts";

export function createArchiveRoutes(_sources: PageSources, _imported: ImportedSets): Route[] {
  return [];
}
