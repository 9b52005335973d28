import type { BuiltService } from "./builds.ts";
import type { TemplatePlatform } from "./platform.ts";
import type { RunningService } from "./running-service.ts";

/**
 * The template under test: one running service for the whole contract, stopped by its last part.
 */
export interface TemplateSubject {
  built: BuiltService;
  service: RunningService;
  environment: Record<string, string>;
}

/** A template under test that reads and writes events. */
export interface TemplateSubjectWithEvents extends TemplateSubject {
  ground: TemplatePlatform;
}
