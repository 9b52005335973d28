import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { parseDescriptor } from "../../../components/service/descriptor.ts";
import {
  type Language,
  languages,
  renderTemplate,
  templateFolder,
  templateVersion,
} from "../../../templates/template.ts";
import { values } from "../../suites/templates/builds.ts";
import { readsEvents } from "../../suites/templates/languages.ts";

const files = (language: Language) => renderTemplate(templateFolder(language), values);

describe("a rendered template (INF-14)", () => {
  for (const language of languages) {
    describe(language, () => {
      it("holds the service's name and port, and no placeholder", () => {
        const { name, port } = parseDescriptor("plinth.json", files(language).get("plinth.json")!);
        assert.deepEqual({ name, port }, values);
        for (const [path, text] of files(language)) {
          if (/^(go\.sum|package-lock\.json)$/.test(path)) continue;
          assert.doesNotMatch(text, /sample-service|8099/, path);
        }
      });

      it("holds no build output", () => {
        const paths = [...files(language).keys()];
        for (const needed of ["Dockerfile", ".dockerignore", "README.md", "plinth.json"])
          assert.ok(paths.includes(needed), needed);
        assert.deepEqual(
          paths.filter((path) => /node_modules|\.venv|template\.json|__pycache__/.test(path)),
          [],
        );
        assert.deepEqual(paths, paths.toSorted());
      });

      it("holds copies of the platform's schemas", () => {
        const schema = files(language).get("schemas/V1_SYSTEM.avsc");
        assert.equal(
          schema,
          readsEvents(language) ? readFileSync(join(root, "schemas/V1_SYSTEM.avsc"), "utf8") : undefined,
        );
      });

      it("records its template and version", () => {
        const { name, version } = templateVersion(templateFolder(language));
        assert.equal(name, language);
        assert.ok(Number.isInteger(version) && version > 0);
      });
    });
  }

  it("keeps checksums in lock files unchanged for any port", () => {
    const lock = (folder: Language, file: string) => readFileSync(join(templateFolder(folder), file), "utf8");
    assert.equal(files("go").get("go.sum"), lock("go", "go.sum"));
    assert.equal(
      files("node").get("package-lock.json"),
      lock("node", "package-lock.json").replaceAll("sample-service", values.name),
    );
  });
});
