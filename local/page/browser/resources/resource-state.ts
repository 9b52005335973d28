import type { Resource } from "../../model/resource.ts";
import type { Tone } from "../parts/badge.tsx";
import type { IconName } from "../parts/icon.tsx";

export interface StateLook {
  tone: Tone;
  icon: IconName;
  text: string;
}

const LOOKS: Record<Resource["state"], StateLook> = {
  ready: { tone: "good", icon: "ok", text: "ready" },
  starting: { tone: "info", icon: "wait", text: "starting" },
  unready: { tone: "bad", icon: "warn", text: "unready" },
  "backing-off": { tone: "warn", icon: "warn", text: "backing off" },
  stopped: { tone: "muted", icon: "stop", text: "stopped" },
  failed: { tone: "bad", icon: "error", text: "failed" },
};

export function lookOf(state: Resource["state"]): StateLook {
  return LOOKS[state];
}
