import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { root } from "@plinth/local/locations.ts";
import type { FolderKind } from "../../../../cli/add-service/folder-kind.ts";
import { planNewService } from "../../../../cli/add-service/new-service.ts";
import { planService } from "../../../../cli/add-service/plan.ts";
import type { Plan } from "../../../../cli/add-service/service-plan.ts";
import { openSourceFolder } from "../../../../cli/service-files/source-folder.ts";
import { samples, writeFiles } from "../../../support/sample-repositories.ts";

const flags = { kustomize: false, yes: true, dryRun: false, force: false };
const places: [FolderKind, string][] = [
  ["services", "services/orders"],
  ["packages", "packages/orders"],
  ["elsewhere", join(tmpdir(), "orders")],
];

describe("the schema that a plinth.json names", () => {
  let temporary: string;
  before(() => {
    temporary = mkdtempSync(join(tmpdir(), "plinth-"));
  });
  after(() => rmSync(temporary, { recursive: true }));

  const planFromTemplate = (folderKind: FolderKind, folder: string) =>
    planNewService({ root, folder, folderKind, options: { ...flags, new: "go", name: "orders" }, services: [] });

  function planFromCode(folderKind: FolderKind, folder: string, files: Record<string, string> = {}) {
    const code = { ...samples.find(({ language }) => language === "go")!.files, ...files };
    const source = openSourceFolder(writeFiles(mkdtempSync(join(temporary, "code-")), code));
    return planService({ root, source, folder, folderKind, options: { ...flags, port: 8765 }, services: [] });
  }

  for (const [kind, folder] of places)
    for (const [origin, plan] of [
      ["a template", planFromTemplate],
      ["code", planFromCode],
    ] as const)
      it(
        kind === "elsewhere"
          ? `is left out for a service from ${origin} elsewhere`
          : `exists for a service from ${origin} in ${kind}/`,
        () => {
          const { $schema } = writtenDescriptor(plan(kind, folder));
          if (kind === "elsewhere") return assert.equal($schema, undefined);
          assert.equal($schema, "../../components/service/plinth.schema.json");
          assert.ok(existsSync(resolve(root, folder, $schema)), dirname(folder));
        },
      );

  it("comes first, where editors look for it", () =>
    assert.equal(Object.keys(writtenDescriptor(planFromTemplate("services", "services/orders")))[0], "$schema"));

  it("stays as the owner of the service wrote it", () => {
    const { $schema: _, ...fields } = writtenDescriptor(planFromCode("elsewhere", "/orders"));
    for (const written of [{}, { $schema: "./own.schema.json" }]) {
      const plan = planFromCode("packages", "packages/orders", {
        "plinth.json": JSON.stringify({ ...written, ...fields, port: 8764 }),
      });
      assert.equal(writtenDescriptor(plan).$schema, written.$schema);
    }
  });
});

function writtenDescriptor({ changes }: Plan): Record<string, unknown> & { $schema?: string } {
  return JSON.parse(changes.find(({ file }) => file.endsWith("/plinth.json"))!.content!);
}
