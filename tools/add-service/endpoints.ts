import type { Need } from "../../components/descriptor.ts";
import type { Project } from "./project.ts";

/** What a service's code says of how it is reached and what it uses. */
export interface Endpoints {
  live: string;
  ready: string;
  metrics: string;
  openapi: string;
  /** Of the code, when it takes no other. */
  fixedPort?: number;
  needs: Need[];
  tenant: "header" | "none";
  /** Which of the contract's paths its code does not have, as far as can be seen. */
  missing: string[];
}

const paths = {
  live: ["/health", "/healthz", "/livez", "/live", "/_health", "/ping", "/status"],
  ready: ["/ready", "/readyz", "/readiness", "/health/ready"],
  metrics: ["/metrics"],
  openapi: ["/openapi.json", "/swagger.json", "/api-docs", "/openapi.yaml"],
};

const variables: Record<Need, RegExp> = {
  database: /\bDATABASE_URL\b/,
  cache: /\bREDIS_URL\b/,
  broker: /\bKAFKA_BROKERS\b/,
  registry: /\bSCHEMA_REGISTRY_URL\b/,
};

/** A number where a server of one of the languages is told to listen. */
const LISTENS = [
  /\.listen\(\s*(\d{2,5})\b/,
  /\bport\s*[:=]\s*(\d{2,5})\b/i,
  /["'`](?:[\w.]*):(\d{2,5})["'`]/,
  /\(\s*["'][\w.]*["']\s*,\s*(\d{2,5})\s*\)/,
];

/** @param portByCommand whether the command line hands `PORT` on, whatever the code says */
export function detectEndpoints(project: Project, portByCommand = false): Endpoints {
  const served = (candidates: readonly string[]) => candidates.find((path) => project.find(literal(path)));
  const found = { live: served(paths.live), ready: served(paths.ready), metrics: served(paths.metrics), openapi: served(paths.openapi) };
  const live = found.live ?? "/";
  const readsPort = portByCommand || project.find(/["'.{]PORT\b/) !== undefined;
  const fixed = readsPort ? undefined : LISTENS.flatMap((pattern) => project.find(pattern)?.match[1] ?? []).map(Number)[0];
  return {
    live,
    ready: found.ready ?? live,
    metrics: found.metrics ?? "/metrics",
    openapi: found.openapi ?? "/openapi.json",
    ...(fixed !== undefined && { fixedPort: fixed }),
    needs: (Object.keys(variables) as Need[]).filter((need) => project.find(variables[need])),
    tenant: project.find(/x[-_]tenant[-_]id/i) ? "header" : "none",
    missing: (Object.keys(found) as (keyof typeof found)[]).filter((one) => found[one] === undefined).map((one) => paths[one][0]!),
  };
}

/** As a route is written in any of the languages: "/health", 'health/', "GET /health", ^health$. */
function literal(path: string): RegExp {
  const bare = path.slice(1).replace(/[.]/g, "\\.");
  return new RegExp(`["'\`^](?:[A-Z]+ )?/?${bare}/?["'\`$?]`);
}
