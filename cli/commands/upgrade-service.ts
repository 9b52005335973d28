import { join, resolve } from "node:path";
import { root } from "@plinth/local/locations.ts";
import {
  listRecordedVersions,
  listTemplates,
  readCurrentVersion,
  readRecordedVersion,
} from "../../templates/versions.ts";
import { inspectService } from "../checklist/inspected-service.ts";
import { applyChanges, effectiveChanges, type FileChange, unifiedDiff } from "../service-files/file-change.ts";
import { main } from "../terminal/main.ts";
import { pluralize } from "../terminal/text.ts";
import { planUpgrade } from "../upgrade-service/plan.ts";

/**
 * `make upgrade-service`: merges the newest version of the template that a service was made from
 * into it. Exit code 1 when lines conflict.
 */
await main(async () => {
  const given = new Map(
    process.argv.slice(2).map((argument) => argument.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );
  const name = given.get("SERVICE");
  if (!name) throw new Error("Say which service: make upgrade-service SERVICE=orders, or SERVICE=folder");
  const { service, source } = inspectService(root, name);
  const { template: used, folder } = service;
  if (used === undefined)
    throw new Error(
      `${folder}/plinth.json names no 'template': its files were not made by add-service, so that there is nothing to merge`,
    );
  const template = listTemplates().find((one) => one.name === used.name);
  if (template === undefined)
    throw new Error(
      `${folder}/plinth.json: there is no template '${used.name}'; there are ${listTemplates()
        .map((one) => one.name)
        .join(", ")}`,
    );
  if (used.version === template.version) {
    console.log(`${service.name} is at the newest version of template '${template.name}' (${template.version}).`);
    return 0;
  }
  const from = readRecordedVersion(root, template, used.version);
  if (from === undefined)
    throw new Error(
      `Version ${used.version} of template '${template.name}' is not recorded here; those are ${listRecordedVersions(root, template).join(", ")}: is this clone older than the service?`,
    );
  const { files, conflicts, notes } = planUpgrade({
    service,
    sourceFolder: source,
    template,
    from,
    to: readCurrentVersion(template),
  });
  const changes: FileChange[] = effectiveChanges(
    [...files].map(([path, content]) => ({
      file: join(resolve(root, folder), path),
      label: join(folder, path),
      content,
    })),
  );
  for (const change of changes) console.log(`${unifiedDiff(change).trimEnd()}\n`);
  for (const note of notes) console.log(`Note: ${note}`);
  const step = `template '${template.name}' from version ${used.version} to ${template.version}`;
  if (given.get("DRY_RUN") === "1") {
    console.log(`Nothing was written (DRY_RUN): ${step} changes ${pluralize(changes.length, "file")}.`);
    return conflicts.length > 0 ? 1 : 0;
  }
  if (conflicts.length > 0 && given.get("FORCE") !== "1") {
    console.error(
      `${service.name} and ${step} changed the same lines of:\n${conflicts.map((one) => `  ${one}`).join("\n")}`,
    );
    console.error("Nothing was written. FORCE=1 writes the files with the places marked (<<<<<<<), for you to settle.");
    return 1;
  }
  applyChanges(changes);
  console.log(`${service.name}: ${step}, ${pluralize(changes.length, "file")} written.`);
  if (conflicts.length === 0) return 0;
  console.error(`To be settled, where it says <<<<<<< or as named:\n${conflicts.map((one) => `  ${one}`).join("\n")}`);
  return 1;
});
