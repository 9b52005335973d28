import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { STACK_ID_VARIABLE } from "@plinth/providers/stack-id.ts";
import { engineEnvironment, stateFolderOf } from "../../../../cli/stack/engine-environment.ts";

describe("The environment of an engine (PLT-10)", () => {
  const { PULUMI_BACKEND_URL } = process.env;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "plinth-state-"));
    process.env.PULUMI_BACKEND_URL = `file://${folder}`;
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    if (PULUMI_BACKEND_URL === undefined) delete process.env.PULUMI_BACKEND_URL;
    else process.env.PULUMI_BACKEND_URL = PULUMI_BACKEND_URL;
  });
  const stackId = async () => (await engineEnvironment("dev"))[STACK_ID_VARIABLE];

  it("knows the folder of a file backend in every spelling of Pulumi", () => {
    assert.equal(stateFolderOf("file:///state/here?metadata=skip"), "/state/here/.pulumi");
    assert.equal(stateFolderOf("file://~"), join(homedir(), ".pulumi"));
    assert.equal(stateFolderOf("file://~/states/"), join(homedir(), "states", ".pulumi"));
    assert.equal(stateFolderOf("file://./state"), join(root, "state", ".pulumi"));
    assert.equal(stateFolderOf("s3://states"), undefined);
  });

  it("has one id of a cluster stack, however many commands begin at once", async () => {
    mkdirSync(join(folder, ".pulumi"));
    const ids = new Set(await Promise.all(Array.from({ length: 5 }, stackId)));
    assert.equal(ids.size, 1);
    assert.deepEqual([...ids], [readFileSync(join(folder, "dev.id"), "utf8")]);
    assert.deepEqual(readdirSync(folder).sort(), [".pulumi", "dev.id"]);
  });

  it("takes no empty id, which every other damaged clone would have too", async () => {
    writeFileSync(join(folder, "dev.id"), "");
    const id = await stackId();
    assert.match(id!, /^[0-9a-f-]{36}$/);
    writeFileSync(join(folder, "dev.id"), `${id}\n`);
    assert.equal(await stackId(), id, "a person's editor ends it with a line break");
  });

  it("leaves a folder that does not exist to the engine's own sentence", async () => {
    rmSync(folder, { recursive: true });
    assert.equal(await stackId(), undefined);
  });
});
