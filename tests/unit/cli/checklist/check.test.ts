import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { root } from "@plinth/local/locations.ts";
import { runChecks } from "../../../../cli/checklist/check.ts";
import { imageChecks } from "../../../../cli/checklist/image-checks.ts";
import { inspectService } from "../../../../cli/checklist/inspected-service.ts";
import { repositoryChecks } from "../../../../cli/checklist/repository-checks.ts";
import { languages, renderTemplate, templateFolder } from "../../../../templates/template.ts";
import { failures } from "../../../support/checklist/sample-service.ts";
import { commit, temporaryFolder, writeFiles } from "../../../support/sample-repositories.ts";

describe("make checklist (SDG-8)", () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  for (const name of ["wallet", "highload"])
    it(`passes for the files of ${name}`, async () => {
      const results = await runChecks([...imageChecks, ...repositoryChecks], inspectService(root, name));
      assert.deepEqual(failures(results), []);
    });

  for (const language of languages)
    it(`passes for the ${language} template`, async () => {
      const source = templateFolder(language);
      writeFiles(folder, Object.fromEntries(renderTemplate(source, { name: "orders", port: 8500 })));
      commit(folder);
      assert.deepEqual(
        failures(await runChecks([...imageChecks, ...repositoryChecks], inspectService(root, folder))),
        [],
      );
    });
});
