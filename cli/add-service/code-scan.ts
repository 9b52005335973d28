import type { Need } from "../../components/service/descriptor-rule.ts";
import type { SourceFolder } from "../service-files/source-folder.ts";

/** How a service is reached and what it uses, according to its code. */
export interface CodeScan {
  live: string;
  ready: string;
  metrics: string;
  openapi: string;
  /** The port in the code, when it ignores PORT. */
  fixedPort?: number;
  needs: Need[];
  tenant: "header" | "none";
  /** Paths of the contract that its code seems to lack. */
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

/** Where a server of one of the languages gets its port. */
const LISTEN_PATTERNS = [
  /\.listen\(\s*(\d{2,5})\b/,
  /\bport\s*[:=]\s*(\d{2,5})\b/i,
  /["'`](?:[\w.]*):(\d{2,5})["'`]/,
  /\(\s*["'][\w.]*["']\s*,\s*(\d{2,5})\s*\)/,
];

/** @param portByCommand whether the command line passes `PORT` on, whatever the code does */
export function scanCode(source: SourceFolder, portByCommand = false): CodeScan {
  const served = (candidates: readonly string[]) => candidates.find((path) => source.search(routePattern(path)));
  const found = {
    live: served(conventionalPaths.live),
    ready: served(conventionalPaths.ready),
    metrics: served(conventionalPaths.metrics),
    openapi: served(conventionalPaths.openapi),
  };
  const live = found.live ?? "/";
  const readsPort = portByCommand || source.search(/["'.{]PORT\b/) !== undefined;
  const fixed = readsPort
    ? undefined
    : LISTEN_PATTERNS.flatMap((pattern) => source.search(pattern)?.match[1] ?? []).map(Number)[0];
  return {
    live,
    ready: found.ready ?? live,
    metrics: found.metrics ?? "/metrics",
    openapi: found.openapi ?? "/openapi.json",
    ...(fixed !== undefined && { fixedPort: fixed }),
    needs: (Object.keys(needVariables) as Need[]).filter((need) => source.search(needVariables[need])),
    tenant: source.search(/x[-_]tenant[-_]id/i) ? "header" : "none",
    missingPaths: (Object.keys(found) as (keyof typeof found)[])
      .filter((one) => found[one] === undefined)
      .map((one) => conventionalPaths[one][0]!),
  };
}

/** A route in any of the languages: "/health", 'health/', "GET /health", ^health$. */
function routePattern(path: string): RegExp {
  const bare = path.slice(1).replace(/[.]/g, "\\.");
  return new RegExp(`["'\`^](?:[A-Z]+ )?/?${bare}/?["'\`$?]`);
}
