import { join, resolve } from "node:path";
import { root } from "@plinth/runtime/locations.ts";
import { type Change, diffOf, realChanges, writeAll } from "./add-service/change.ts";
import { openSubject } from "./checklist/subject.ts";
import { main } from "./main.ts";
import { currentFiles, recordedFiles, recordedVersions, templateSources } from "./upgrade-service/template-source.ts";
import { planUpgrade } from "./upgrade-service/upgrade.ts";
import { counted } from "./words.ts";

/** `make upgrade-service`: merges the newest version of the template that a service was made from into it. Exit code 1 when lines conflict. */
await main(async () => {
  const given = new Map(process.argv.slice(2).map((argument) => argument.split(/=(.*)/s).slice(0, 2) as [string, string]));
  const name = given.get("SERVICE");
  if (!name) throw new Error("Say which service: make upgrade-service SERVICE=orders, or SERVICE=folder");
  const { service, project } = openSubject(root, name);
  const { template, folder } = service;
  if (template === undefined)
    throw new Error(`${folder}/plinth.json names no 'template': its files were not made by add-service, so that there is nothing to merge`);
  const source = templateSources().find((one) => one.name === template.name);
  if (source === undefined)
    throw new Error(
      `${folder}/plinth.json: there is no template '${template.name}'; there are ${templateSources()
        .map((one) => one.name)
        .join(", ")}`,
    );
  if (template.version === source.version) {
    console.log(`${service.name} is at the newest version of template '${source.name}' (${source.version}).`);
    return 0;
  }
  const from = recordedFiles(root, source, template.version);
  if (from === undefined)
    throw new Error(
      `Version ${template.version} of template '${source.name}' is not recorded here; those are ${recordedVersions(root, source).join(", ")}: is this clone older than the service?`,
    );
  const { files, conflicts, notes } = planUpgrade({ service, project, source, from, to: currentFiles(source) });
  const changes: Change[] = realChanges(
    [...files].map(([path, after]) => ({ file: join(resolve(root, folder), path), label: join(folder, path), after })),
  );
  for (const change of changes) console.log(`${diffOf(change).trimEnd()}\n`);
  for (const note of notes) console.log(`Note: ${note}`);
  const step = `template '${source.name}' from version ${template.version} to ${source.version}`;
  if (given.get("DRY_RUN") === "1") {
    console.log(`Nothing was written (DRY_RUN): ${step} changes ${counted(changes.length, "file")}.`);
    return conflicts.length > 0 ? 1 : 0;
  }
  if (conflicts.length > 0 && given.get("FORCE") !== "1") {
    console.error(`${service.name} and ${step} changed the same lines of:\n${conflicts.map((one) => `  ${one}`).join("\n")}`);
    console.error("Nothing was written. FORCE=1 writes the files with the places marked (<<<<<<<), for you to settle.");
    return 1;
  }
  writeAll(changes);
  console.log(`${service.name}: ${step}, ${counted(changes.length, "file")} written.`);
  if (conflicts.length === 0) return 0;
  console.error(`To be settled, where it says <<<<<<< or as named:\n${conflicts.map((one) => `  ${one}`).join("\n")}`);
  return 1;
});
