import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { listTestGroups, selectTestGroups, type TestGroup } from "../../../dev/test-groups.ts";

const groups: TestGroup[] = [
  { name: "unit", files: ["tests/unit/dev/a.test.ts"] },
  { name: "integration/providers", files: ["tests/unit/providers/b.integration.test.ts"] },
  { name: "services", files: ["tests/suites/services/c.test.ts"] },
  { name: "services/wallet", files: ["tests/suites/services/wallet/d.test.ts"] },
];
const select = (...names: string[]) => selectTestGroups(groups, names).map(({ name }) => name);

describe("the groups of make test", () => {
  it("hold every test file once, the unit tests first", () => {
    const all = listTestGroups();
    assert.equal(all[0]!.name, "unit");
    const files = all.flatMap((group) => group.files);
    assert.equal(new Set(files).size, files.length);
    assert.ok(files.includes("tests/unit/dev/test-groups.test.ts"));
    for (const { name, files: members } of all) assert.ok(members.length > 0, name);
  });

  it("divide the tests with servers by room and suite", () => {
    const groupOf = (file: string) => listTestGroups().find(({ files }) => files.includes(file))?.name;
    assert.equal(groupOf("tests/unit/cli/servers/psql.integration.test.ts"), "integration/cli");
    assert.equal(groupOf("tests/suites/services/wallet/bets.test.ts") ?? "services/wallet", "services/wallet");
    assert.equal(groupOf("tests/suites/repository/makefile.test.ts"), "repository");
  });

  it("are all of them without a name", () => assert.equal(select().length, groups.length));

  it("are selected by name, and by the beginning of several names", () => {
    assert.deepEqual(select("services/wallet"), ["services/wallet"]);
    assert.deepEqual(select("services"), ["services", "services/wallet"]);
    assert.deepEqual(select("integration", "unit"), ["integration/providers", "unit"]);
  });

  it("may be a folder or a file of tests", () => {
    const [folder, file] = selectTestGroups(groups, ["tests/unit/dev", "tests/unit/dev/test-groups.test.ts"]);
    assert.ok(folder!.files.includes("tests/unit/dev/contracts.test.ts"));
    assert.deepEqual(file!.files, ["tests/unit/dev/test-groups.test.ts"]);
  });

  it("are named when there is no such group", () =>
    assert.throws(
      () => select("wallets"),
      /^There is no suite 'wallets'; there are: unit, integration\/providers, services/,
    ));

  it("start no server in the unit group", () => {
    const servers = /support\/(servers\/servers|stack\/stack|kubernetes\/cluster|supervisor\/supervisor)\.ts"/;
    const starting = listTestGroups()[0]!.files.filter((file) => servers.test(readFileSync(join(root, file), "utf8")));
    assert.deepEqual(starting, [], "rename them to *.integration.test.ts");
  });
});
