import type { PageSources } from "../../model/sources.ts";
import { ImportedSets } from "../archive/imported-sets.ts";
import type { Route } from "../http/router.ts";
import { createArchiveRoutes } from "./archive-routes.ts";
import { createLogRoutes } from "./log-routes.ts";
import { createMetricRoutes } from "./metric-routes.ts";
import { createPlatformRoutes } from "./platform-routes.ts";
import { createResourceRoutes } from "./resource-routes.ts";
import { createRunbookRoutes } from "./runbook-routes.ts";
import { createSchemaRoutes } from "./schema-routes.ts";
import { createTopicRoutes } from "./topic-routes.ts";
import { createTraceRoutes } from "./trace-routes.ts";

/** All of `../../model/api.ts`. */
export function createRoutes(sources: PageSources): Route[] {
  const imported = new ImportedSets();
  return [
    ...createPlatformRoutes(sources),
    ...createResourceRoutes(sources.resources),
    ...createLogRoutes(sources.logs, imported),
    ...createTraceRoutes(sources, imported),
    ...createMetricRoutes(sources),
    ...createTopicRoutes(sources.topics),
    ...createSchemaRoutes(sources.schemas),
    ...createRunbookRoutes(),
    ...createArchiveRoutes(sources, imported),
  ];
}
