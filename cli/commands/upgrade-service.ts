import { join, resolve } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import {
  listRecordedVersions,
  listTemplates,
  readCurrentVersion,
  readRecordedVersion,
} from "../../templates/versions.ts";
import { applyChanges, effectiveChanges, type FileChange, unifiedDiff } from "../service-files/file-change.ts";
import { findService } from "../service-files/located-service.ts";
import { openSourceFolder } from "../service-files/source-folder.ts";
import { parseAssignments } from "../terminal/assignments.ts";
import { main } from "../terminal/main.ts";
import { pluralize } from "../terminal/text.ts";
import { planUpgrade } from "../upgrade-service/plan.ts";

/**
 * `make upgrade-service`: merges the newest version of a service's template into the service. Exit
 * code 1 when lines conflict.
 */
await main(async () => {
  const given = parseAssignments(process.argv.slice(2));
  const name = given.get("SERVICE");
  if (!name) throw new UserError("Say which service: make upgrade-service SERVICE=orders, or SERVICE=folder");
  const service = findService(root, name);
  const { template: used, folder } = service;
  if (used === undefined)
    throw new UserError(
      `${folder}/plinth.json names no 'template': add-service did not write its files, so there is nothing to merge`,
    );
  const template = listTemplates().find((one) => one.name === used.name);
  if (template === undefined)
    throw new UserError(
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
    throw new UserError(
      `Version ${used.version} of template '${template.name}' is not recorded here; recorded are ${listRecordedVersions(root, template).join(", ")}: is this clone older than the service?`,
    );
  const { files, conflicts, notes } = planUpgrade({
    service,
    sourceFolder: openSourceFolder(resolve(root, folder)),
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
