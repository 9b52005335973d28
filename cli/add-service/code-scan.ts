import type { Need } from "../../components/service/descriptor.ts";
import type { SourceFolder } from "../service-files/source-folder.ts";

/** What a service's code says of how it is reached and what it uses. */
export interface CodeScan {
  live: string;
  ready: string;
  metrics: string;
  openapi: string;
  /** Of the code, when it takes no other. */
  fixedPort?: number;
  needs: Need[];
  tenant: "header" | "none";
  /** Which of the contract's paths its code does not have, as far as can be seen. */
  missingPaths: string[];
}

const conventionalPaths = {
  live: ["/health", "/healthz", "/livez", "/live", "/_health", "/ping", "/status"],
  ready: ["/ready", "/readyz", "/readiness", "/health/ready"],
  metrics: ["/metrics"],
  openapi: ["/openapi.json", "/swagger.json", "/api-docs", "/openapi.yaml"],
};

const needVariables: Record<Need, RegExp> = {
  database: /\bDATABASE_URL\b/,
  cache: /\bREDIS_URL\b/,
  broker: /\bKAFKA_BROKERS\b/,
  registry: /\bSCHEMA_REGISTRY_URL\b/,
};

/** A number where a server of one of the languages is told to listen. */
const LISTEN_PATTERNS = [
  /\.listen\(\s*(\d{2,5})\b/,
  /\bport\s*[:=]\s*(\d{2,5})\b/i,
  /["'`](?:[\w.]*):(\d{2,5})["'`]/,
  /\(\s*["'][\w.]*["']\s*,\s*(\d{2,5})\s*\)/,
];

/** @param portByCommand whether the command line hands `PORT` on, whatever the code says */
export function scanCode(project: SourceFolder, portByCommand = false): CodeScan {
  const served = (candidates: readonly string[]) => candidates.find((path) => project.search(routePattern(path)));
  const found = {
    live: served(conventionalPaths.live),
    ready: served(conventionalPaths.ready),
    metrics: served(conventionalPaths.metrics),
    openapi: served(conventionalPaths.openapi),
  };
  const live = found.live ?? "/";
  const readsPort = portByCommand || project.search(/["'.{]PORT\b/) !== undefined;
  const fixed = readsPort
    ? undefined
    : LISTEN_PATTERNS.flatMap((pattern) => project.search(pattern)?.match[1] ?? []).map(Number)[0];
  return {
    live,
    ready: found.ready ?? live,
    metrics: found.metrics ?? "/metrics",
    openapi: found.openapi ?? "/openapi.json",
    ...(fixed !== undefined && { fixedPort: fixed }),
    needs: (Object.keys(needVariables) as Need[]).filter((need) => project.search(needVariables[need])),
    tenant: project.search(/x[-_]tenant[-_]id/i) ? "header" : "none",
    missingPaths: (Object.keys(found) as (keyof typeof found)[])
      .filter((one) => found[one] === undefined)
      .map((one) => conventionalPaths[one][0]!),
  };
}

/** As a route is written in any of the languages: "/health", 'health/', "GET /health", ^health$. */
function routePattern(path: string): RegExp {
  const bare = path.slice(1).replace(/[.]/g, "\\.");
  return new RegExp(`["'\`^](?:[A-Z]+ )?/?${bare}/?["'\`$?]`);
}
