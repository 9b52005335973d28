import type { Built } from "./builds.ts";
import type { Ground } from "./ground.ts";
import type { Running } from "./running.ts";

/** A template on the way through its contract: one service that serves all claims, until the last of them stops it. */
export interface Proven {
  built: Built;
  service: Running;
  environment: Record<string, string>;
}

/** With what a template needs that reads and writes events. */
export interface ProvenWithEvents extends Proven {
  ground: Ground;
}
