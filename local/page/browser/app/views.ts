import type { PlatformSummary } from "../../model/platform.ts";
import type { IconName } from "../parts/icon.tsx";

/** A view of the navigation. `key` follows `g`. */
export interface View {
  path: string;
  title: string;
  icon: IconName;
  key: string;
  /** Whether an imported file has something to show here. */
  ofImports: boolean;
}

export const VIEWS: readonly View[] = [
  { path: "resources", title: "Resources", icon: "resources", key: "r", ofImports: false },
  { path: "logs", title: "Logs", icon: "logs", key: "l", ofImports: true },
  { path: "traces", title: "Traces", icon: "traces", key: "t", ofImports: true },
  // Not "metrics": the server's own metrics are there.
  { path: "dashboards", title: "Metrics", icon: "metrics", key: "m", ofImports: false },
  { path: "alerts", title: "Alerts", icon: "alerts", key: "a", ofImports: false },
  { path: "topics", title: "Topics", icon: "topics", key: "k", ofImports: false },
  { path: "schemas", title: "Schemas", icon: "schemas", key: "s", ofImports: false },
  { path: "tenants", title: "Tenants", icon: "tenants", key: "n", ofImports: false },
  { path: "imports", title: "Share", icon: "share", key: "i", ofImports: true },
];

/** Why a view has nothing to show, where its source is missing. */
export function reasonMissing(summary: PlatformSummary | undefined, path: string): string | undefined {
  return summary?.unavailable[path];
}
