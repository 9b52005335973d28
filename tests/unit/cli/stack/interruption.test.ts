import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InterruptionNote } from "../../../../cli/stack/interruption.ts";
import { type ExportedResource, withoutResources } from "../../../../cli/stack/state-edit.ts";

describe("The note of an engine at work (PLT-10)", () => {
  let folder: string;
  let note: InterruptionNote;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "plinth-note-"));
    mkdirSync(join(folder, ".pulumi"));
    note = new InterruptionNote(join(folder, ".pulumi"), "dev");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is gone once the engine has ended by itself, whatever its exit code", () => {
    for (const [command, code] of [
      ["up", 0],
      ["up", 1],
      ["destroy", 1],
      ["refresh", 0],
    ] as const) {
      const ended = note.begin(command);
      assert.equal(note.read()?.command, command);
      ended(code);
      assert.equal(note.read(), undefined, command);
    }
  });

  it("of a killed engine stays until an 'up' of the whole stack succeeds", () => {
    note.begin("up");
    note.begin("up")(1);
    note.begin("refresh")(0);
    note.begin("up", false)(0);
    assert.equal(note.read()?.command, "up");
    note.begin("up")(0);
    assert.equal(note.read(), undefined);
  });

  it("of a killed 'down' says so after later kills, because the deletions count", () => {
    note.begin("destroy");
    note.begin("up");
    assert.equal(note.read()?.command, "destroy");
  });

  it("counts even if it is cut off, and is not taken for commands that change nothing", () => {
    writeFileSync(join(folder, "dev.running.json"), '{"comm');
    assert.equal(note.read()?.command, "destroy");
    note.clear();
    note.begin("preview");
    assert.equal(note.read(), undefined);
  });
});

describe("A state without some resources", () => {
  it("names them nowhere", () => {
    const resource = (urn: string, dependencies: string[] = []): ExportedResource => ({
      urn,
      type: urn,
      dependencies,
      propertyDependencies: { data: dependencies, none: null },
    });
    const kept = withoutResources(
      [resource("a"), resource("b", ["a"]), resource("c", ["a", "b"])],
      ({ urn }) => urn === "a",
    );
    assert.deepEqual(
      kept.map(({ urn, dependencies }) => [urn, dependencies]),
      [
        ["b", []],
        ["c", ["b"]],
      ],
    );
    assert.deepEqual(kept[1]!.propertyDependencies, { data: ["b"], none: [] });
  });
});
