import type { BuiltService } from "./builds.ts";
import type { TemplatePlatform } from "./platform.ts";
import type { RunningService } from "./running-service.ts";

/**
 * A template on the way through its contract: one service that serves all claims, until the last of
 * them stops it.
 */
export interface TemplateSubject {
  built: BuiltService;
  service: RunningService;
  environment: Record<string, string>;
}

/** With what a template needs that reads and writes events. */
export interface TemplateSubjectWithEvents extends TemplateSubject {
  ground: TemplatePlatform;
}
