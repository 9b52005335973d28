import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readStackYaml } from "../../../../cli/stack/stack-yaml.ts";

describe("the file of a stack", () => {
  const folder = mkdtempSync(join(tmpdir(), "plinth-stacks-"));
  const file = join(folder, "Pulumi.dev.yaml");
  beforeEach(() => rmSync(file, { recursive: true, force: true }));
  after(() => rmSync(folder, { recursive: true }));

  it("may hold nothing, or a byte order mark", () => {
    for (const text of ["", "config:\n", "\uFEFFconfig: {}\n"]) {
      writeFileSync(file, text);
      assert.deepEqual(readStackYaml("dev", folder).config, {});
      assert.deepEqual(readStackYaml("organization/plinth/dev", folder).config, {});
    }
  });

  const damaged: [text: string, words: RegExp][] = [
    [
      'config:\n  "plinth:tenants',
      /^Pulumi\.dev\.yaml is not YAML: .* in line \d+\. 'git diff Pulumi\.dev\.yaml' shows what changed$/,
    ],
    ["config: [1", /is not YAML: /],
    ["just words", /must hold keys and values/],
    ["- a\n- b\n", /must hold keys and values/],
    ["config: 7\n", /'config' must hold keys and values/],
    ["config: [a]\n", /'config' must hold keys and values/],
  ];
  for (const [text, words] of damaged)
    it(`is refused in one sentence: ${JSON.stringify(text)}`, () => {
      writeFileSync(file, text);
      assert.throws(
        () => readStackYaml("dev", folder),
        ({ message }: Error) => words.test(message) && !message.includes("\n"),
      );
    });

  it("is refused when it is a folder", () => {
    mkdirSync(file);
    assert.throws(() => readStackYaml("dev", folder), /Pulumi\.dev\.yaml cannot be read: EISDIR/);
  });

  it("has a name that leads out of no folder, and that .plinth does not use itself", () => {
    writeFileSync(file, "config: {}\n");
    for (const name of ["../dev", "../../dev", "a/../dev", "dev/..", "", "a b", "a/b/c/dev"])
      assert.throws(() => readStackYaml(name, folder), /is not a name of a stack/, name);
    for (const name of ["state", "render", "org/state"])
      assert.throws(() => readStackYaml(name, folder), /A stack cannot be called '(state|render)'/, name);
    assert.throws(() => readStackYaml("dve", folder), /There is no stack 'dve': this clone has dev\./);
  });
});
