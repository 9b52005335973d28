import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSourceFolder } from "../../../../cli/service-files/source-folder.ts";
import { planUpgrade } from "../../../../cli/upgrade-service/plan.ts";
import { parseDescriptor } from "../../../../components/service/descriptor.ts";
import { listTemplates, readCurrentVersion } from "../../../../templates/versions.ts";
import { writeFiles } from "../../../support/sample-repositories.ts";

const $schema = "../../components/service/plinth.schema.json";

describe("the upgrade of a descriptor", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "plinth-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  for (const [what, from, to] of [
    ["the version only", "", ""],
    ["a field", '"description": "', '"description": "Newer: '],
  ] as const)
    it(`keeps $schema without a conflict when the template changes ${what}`, () => {
      const template = listTemplates().find(({ name }) => name === "go")!;
      const current = readCurrentVersion(template);
      const text = current["plinth.json"]!;
      const used = { name: template.name, version: template.version };
      writeFiles(folder, { "plinth.json": JSON.stringify({ $schema, ...JSON.parse(text), template: used }) });
      const sourceFolder = openSourceFolder(folder);
      const { files, conflicts } = planUpgrade({
        service: { ...parseDescriptor("plinth.json", sourceFolder.read("plinth.json")), folder, standalone: true },
        sourceFolder,
        template: { ...template, version: template.version + 1 },
        from: current,
        to: { ...current, "plinth.json": text.replace(from, to) },
      });
      const merged = JSON.parse(files.get("plinth.json")!);
      assert.deepEqual(conflicts, []);
      assert.deepEqual(merged, {
        $schema,
        ...JSON.parse(text.replace(from, to)),
        template: { ...used, version: template.version + 1 },
      });
    });
});
