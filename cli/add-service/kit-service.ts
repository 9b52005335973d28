import { UserError } from "@plinth/local/user-error.ts";
import type { ServiceDescriptor } from "../../components/service/descriptor-rule.ts";
import { type CodeScan, scanCode } from "./code-scan.ts";
import { descriptorText, draftValidDescriptor } from "./descriptor-draft.ts";
import type { DetectedApp } from "./languages/app.ts";
import { type Plan, type PlanInputs, planChanges, planNotes } from "./service-plan.ts";

/** Plans a service of this repository on `@plinth/kit`: services/Dockerfile builds its image. */
export function planKitService(inputs: PlanInputs, existing: ServiceDescriptor | undefined): Plan {
  const { source, folder, options } = inputs;
  if (!source.has("main.ts")) throw new UserError(`${folder} is on the kit, but has no main.ts to start`);
  if (options.kustomize)
    throw new UserError(
      `KUSTOMIZE is for services that build their image; ${folder} is built and deployed by this repository`,
    );
  const app: DetectedApp = {
    language: "node",
    evidence: "it is on @plinth/kit",
    command: ["node", `${folder}/main.ts`],
    build: [],
    dockerfileValues: {},
  };
  const scan: CodeScan = {
    ...scanCode(source),
    live: "/health",
    ready: "/ready",
    metrics: "/metrics",
    openapi: "/openapi.json",
    missingPaths: [],
  };
  const descriptor = existing ?? draftValidDescriptor(inputs, app, scan, undefined);
  return {
    ...planChanges(inputs, new Map([["plinth.json", descriptorText(source, descriptor, existing)]])),
    descriptor,
    detected: "node (on @plinth/kit)",
    notes: planNotes(scan, descriptor),
  };
}
