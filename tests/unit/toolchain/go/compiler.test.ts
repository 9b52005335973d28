import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { goRemedy, leastGoVersion, RECOMMENDED_VERSION, requireGo } from "@plinth/toolchain/go/compiler.ts";
import { goTool } from "@plinth/toolchain/go/go.ts";
import { isAtLeast } from "@plinth/toolchain/version.ts";
import { type BareMachine, bareMachine } from "../../../support/machine.ts";

const MODULE = join(root, "toolchain", "pulumi", "cli");

describe("the Go that builds tools (INF-16)", () => {
  let machine: BareMachine;
  beforeEach(() => {
    machine = bareMachine();
  });
  afterEach(() => machine.restore());

  const goOf = (version: string) => machine.program("go", `echo "go version go${version} linux/amd64"`);

  it("is new enough for every module here, and for the template", () => {
    const modules = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
      (file) => /^(toolchain|templates)\/.*go\.mod$/.test(file) && !file.includes("node_modules"),
    );
    assert.ok(modules.length > 8, String(modules));
    for (const file of modules) {
      const least = leastGoVersion(join(root, dirname(file)));
      assert.ok(isAtLeast(RECOMMENDED_VERSION, least), `${file} needs Go ${least}`);
    }
  });

  it("is refused before work starts, with both versions, when it is too old", async () => {
    const path = goOf("1.19.8");
    await assert.rejects(requireGo("It cannot be built", [MODULE]), {
      message: `It cannot be built (${path} is Go 1.19.8, and at least ${leastGoVersion(MODULE)} is needed). Type: ${goRemedy()}`,
    });
    assert.match(String(await goTool.find()), /is Go 1\.19\.8, and builds need 1\.26/);
  });

  it("may be the least version that a module asks for, and no newer", async () => {
    const path = goOf(leastGoVersion(MODULE));
    assert.equal(await requireGo("It cannot be built", [MODULE]), path);
    await assert.rejects(
      requireGo("It cannot be built", [MODULE, join(root, "toolchain/observability/victoria-logs")]),
      /and at least 1\.26\.5 is needed/,
    );
  });

  it("may be the one that a module names by a release candidate", async () => {
    const module = mkdtempSync(join(tmpdir(), "plinth-go-"));
    writeFileSync(join(module, "go.mod"), "module example\n\ngo\t1.26rc1 // for now\n");
    for (const version of ["1.26rc1", "1.26.0", "1.27rc2"]) {
      const path = goOf(version);
      assert.equal(await requireGo("It cannot be built", [module]), path, version);
    }
    goOf("1.25.9");
    await assert.rejects(requireGo("It cannot be built", [module]), /and at least 1\.26 is needed/);
    rmSync(module, { recursive: true });
  });

  it("may be an older one that fetches what the module asks for", async () => {
    const path = machine.program(
      "go",
      `case $PWD in */pulumi/cli) echo "go version go1.26.0 linux/amd64";; *) echo "go version go1.22.1 linux/amd64";; esac`,
    );
    assert.equal(await requireGo("It cannot be built", [MODULE]), path);
  });

  it("is refused with Go's own words when it may not fetch a newer one", async () => {
    machine.program("go", 'echo "go: go.mod requires go >= 1.26 (running go 1.22; GOTOOLCHAIN=local)" >&2; exit 1');
    await assert.rejects(requireGo("It cannot be built", [MODULE]), /GOTOOLCHAIN=local\)\)\. Type: /);
  });

  it("is missed in the same sentence", async () => {
    await assert.rejects(requireGo("It cannot be built"), {
      message: `It cannot be built (no Go). Type: ${goRemedy()}`,
    });
    assert.equal(await goTool.find(), undefined);
  });

  it("is installed by a command of its makers, not by a distribution that has an older one", () => {
    assert.match(
      goRemedy("linux"),
      /^curl -fsSL https:\/\/go\.dev\/dl\/go1\.26\.\d+\.linux-\w+\.tar\.gz \| .*tar -xz -C \/usr\/local/,
    );
    assert.equal(goRemedy("darwin"), "brew install go");
  });
});
