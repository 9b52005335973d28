import { root } from "@plinth/local/locations.ts";
import type { NamedResult } from "../../../cli/checklist/check.ts";
import { type InspectedService, inspectService } from "../../../cli/checklist/inspected-service.ts";
import type { ServiceDescriptor } from "../../../components/service/descriptor-rule.ts";
import { commit, writeFiles } from "../sample-repositories.ts";

/** The digest of a base image in the sample's Dockerfile. */
export const digest = `@sha256:${"a".repeat(64)}`;
export const descriptor: ServiceDescriptor = {
  name: "orders",
  description: "Orders",
  port: 8500,
  command: ["node", "server.js"],
  probes: { live: "/health", ready: "/ready" },
  metrics: "/metrics",
  openapi: "/openapi.json",
  needs: [],
  topics: { produces: [], consumes: ["V1_SYSTEM"] },
  tenant: "header",
  migrations: "migrations",
  resources: { production: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "1", memory: "1Gi" } } },
};
export const dockerfile = `ARG NODE=node:24${digest}
FROM \${NODE} AS build
COPY . .
FROM \${NODE}
COPY --from=build /app ./
USER 1000
HEALTHCHECK CMD ["true"]
ENTRYPOINT ["node", "server.js"]
`;
/** Files of a service that passes every check. */
const files: Record<string, string> = {
  Dockerfile: dockerfile,
  ".dockerignore": ".git\n.env*\n",
  "plinth.json": JSON.stringify(descriptor),
  "server.js": 'process.on("SIGTERM", stop);\n',
  "server.test.js": "",
  "README.md": "# Orders\n",
  "migrations/0001_notes.sql": "-- Nothing to see yet.\nselect 1;\n",
};

/** Writes and commits the sample service with some changed files; undefined: without the file. */
export function inspectSample(folder: string, changes: Record<string, string | undefined> = {}): InspectedService {
  const written = Object.entries({ ...files, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  writeFiles(folder, Object.fromEntries(written));
  commit(folder);
  return inspectService(root, folder);
}

/** A changed line of the Dockerfile. */
export function withDockerfile(from: string | RegExp, to: string): Record<string, string> {
  return { Dockerfile: dockerfile.replace(from, to) };
}

/** Changed fields of the descriptor. */
export function withDescriptor(change: Partial<ServiceDescriptor>): Record<string, string> {
  return { "plinth.json": JSON.stringify({ ...descriptor, ...change }) };
}

/** The results that did not pass. */
export function failures(results: readonly NamedResult[]): NamedResult[] {
  return results.filter(({ result }) => !Array.isArray(result) || result.length > 0);
}
