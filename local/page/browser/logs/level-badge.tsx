import type { Level } from "../../model/log-line.ts";
import type { Tone } from "../parts/badge.tsx";

const TONES: Record<Level, Tone> = {
  trace: "muted",
  debug: "muted",
  info: "info",
  warn: "warn",
  error: "bad",
  fatal: "bad",
};

export function LevelBadge({ level }: { level: Level }) {
  return <span class={`level ${TONES[level]}`}>{level}</span>;
}
