import type { ServiceDescriptor } from "../../components/service/descriptor-rule.ts";
import { adoptedTemplateFolder, renderAdoptedTemplate } from "../../templates/adopted.ts";
import { templateVersion } from "../../templates/template.ts";
import { scanCode } from "./code-scan.ts";
import { descriptorText, draftValidDescriptor, readExistingDescriptor } from "./descriptor-draft.ts";
import { planKitService } from "./kit-service.ts";
import { renderKustomize } from "./kustomize.ts";
import { dockerfileValues } from "./languages/app.ts";
import { detectApp } from "./languages/detect.ts";
import { type Plan, type PlanInputs, planChanges, planNotes, usesKit } from "./service-plan.ts";

/**
 * Plans what existing code needs to run on the platform.
 *
 * @throws {@link UserError} when the folder holds no service, or its descriptor would be invalid
 */
export function planService(inputs: PlanInputs): Plan {
  const { source, folderKind } = inputs;
  const existing = readExistingDescriptor(inputs);
  if (folderKind === "services" && usesKit(source)) return planKitService(inputs, existing);
  // Its descriptor and Dockerfile say everything, in whatever language it is written.
  if (existing && source.has("Dockerfile")) return planDescribedService(inputs, existing);
  return planDetectedApp(inputs, existing);
}

/** A service that has its Dockerfile and descriptor: only manifests can be added. */
function planDescribedService(inputs: PlanInputs, descriptor: ServiceDescriptor): Plan {
  const { source, folder, options } = inputs;
  const files = new Map([
    ["plinth.json", descriptorText(source, descriptor, descriptor)],
    ...(options.kustomize ? renderKustomize({ ...descriptor, folder, standalone: true }) : []),
  ]);
  return {
    ...planChanges(inputs, files),
    descriptor,
    detected: "a service with a Dockerfile and a plinth.json",
    notes: [],
  };
}

/** Code of one of the languages that lacks a Dockerfile, a descriptor or both. */
function planDetectedApp(inputs: PlanInputs, existing: ServiceDescriptor | undefined): Plan {
  const { source, folder, options } = inputs;
  const app = detectApp(source, options.lang);
  const scan = scanCode(source, app.commandSetsPort);
  const template = adoptedTemplateFolder(app.language);
  const hasDockerfile = source.has("Dockerfile") && !options.force;
  const descriptor =
    existing ?? draftValidDescriptor(inputs, app, scan, hasDockerfile ? undefined : templateVersion(template));
  const rendered = renderAdoptedTemplate(template, dockerfileValues(app, descriptor));
  // A Dockerfile of the service's author keeps the ignore files that go with it.
  if (hasDockerfile)
    for (const file of [...rendered.keys()]) if (!file.includes("ignore") || source.has(file)) rendered.delete(file);
  const files = new Map([
    ...rendered,
    ["plinth.json", descriptorText(source, descriptor, existing)],
    ...(options.kustomize ? renderKustomize({ ...descriptor, folder, standalone: true }) : []),
  ]);
  return {
    ...planChanges(inputs, files),
    descriptor,
    detected: `${app.language} (${app.evidence})${hasDockerfile ? ", with its own Dockerfile" : ""}`,
    notes: [
      ...planNotes(scan, descriptor),
      ...(hasDockerfile ? ["Its own Dockerfile builds the image: 'make checklist' judges it."] : []),
    ],
  };
}
