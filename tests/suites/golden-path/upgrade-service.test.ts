import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import type { ServiceDescriptor } from "../../../components/service/descriptor-rule.ts";
import { listTemplates, readCurrentVersion, readRecordedVersion, recordVersion } from "../../../templates/versions.ts";
import { samples, temporaryFolder, writeFiles } from "../../support/sample-repositories.ts";
import type { Stack } from "../../support/stack/stack.ts";
import { closeWorkspace, openWorkspace } from "./workspace.ts";

describe("the versions of templates (INF-14)", () => {
  for (const source of listTemplates())
    it(`${source.name} ${source.version} is recorded as it is; otherwise run make generate, with a higher version once services use it`, () =>
      assert.deepEqual(readRecordedVersion(root, source, source.version), readCurrentVersion(source)));

  it("are never replaced, because services use them", () => {
    const folder = temporaryFolder();
    const source = listTemplates().find(({ name }) => name === "adopted-go")!;
    assert.equal(recordVersion(folder, source), true);
    assert.equal(recordVersion(folder, source), false);
    const file = join(folder, `templates/history/adopted-go/${source.version}.json`);
    writeFileSync(file, readFileSync(file, "utf8").replace("USER 1000", "USER 1001"));
    assert.throws(
      () => recordVersion(folder, source),
      /Template 'adopted-go' differs from its recorded version 2: raise 'version' in its template\.json to 3/,
    );
    rmSync(folder, { recursive: true });
  });
});

describe("make upgrade-service (INF-14)", function () {
  this.timeout(120_000);
  let stack: Stack;
  let elsewhere: string;
  before(async () => {
    ({ stack, outside: elsewhere } = await openWorkspace());
    // A fresh history: other tests compare the templates with the recorded one.
    rmSync(join(stack.root, "templates/history"), { recursive: true, force: true });
    await recorded();
    const go = samples.find(({ language }) => language === "go")!;
    for (const name of ["clean", "clash", "gone"]) {
      writeFiles(join(elsewhere, name), go.files);
      await stack.expectSuccess("add-service", `PATH=${join(elsewhere, name)}`);
    }
    await stack.expectSuccess("add-service", "NEW=go", "NAME=fresh", `PATH=${join(elsewhere, "fresh")}`);
  });
  after(() => closeWorkspace({ stack, outside: elsewhere }));

  const file = (...path: string[]) => join(elsewhere, ...path);
  const read = (...path: string[]) => readFileSync(file(...path), "utf8");
  const descriptorOf = (name: string) => JSON.parse(read(name, "plinth.json")) as ServiceDescriptor;
  const recorded = () =>
    stack.shell("cli/run dev/record-templates").then(({ code, output }) => assert.equal(code, 0, output));

  function edit(path: string, from: string, to: string): void {
    const text = readFileSync(path, "utf8");
    assert.ok(text.includes(from), `${path} has no '${from}'`);
    writeFileSync(path, text.replace(from, to));
  }

  /** Releases a new version of a template. */
  async function release(template: string, change: (folder: string) => void): Promise<void> {
    const folder = join(stack.root, "templates", template);
    const about = JSON.parse(readFileSync(join(folder, "template.json"), "utf8")) as { name: string; version: number };
    writeFileSync(join(folder, "template.json"), JSON.stringify({ ...about, version: about.version + 1 }));
    change(folder);
    await recorded();
  }

  it("has nothing to do for a service of the newest version", async () => {
    const { output } = await stack.expectSuccess("upgrade-service", `SERVICE=${file("clean")}`);
    assert.match(output, /clean is at the newest version of template 'adopted-go' \(2\)/);
  });

  describe("with a newer version", () => {
    before(async () => {
      edit(file("clean", "Dockerfile"), "WORKDIR /src\n", "WORKDIR /src\nRUN apk add --no-cache git\n");
      edit(file("clash", "Dockerfile"), "USER 1000", "USER 4242");
      rmSync(file("gone", ".dockerignore"));
      await release("adopted/go", (folder) => {
        edit(join(folder, "Dockerfile"), "USER 1000", "USER 1001");
        edit(join(folder, ".dockerignore"), ".env*", ".env*\n*.pem");
      });
    });

    it("shows what it would do, and writes nothing, with DRY_RUN=1", async () => {
      const before = read("clean", "Dockerfile");
      const { output } = await stack.expectSuccess("upgrade-service", `SERVICE=${file("clean")}`, "DRY_RUN=1");
      assert.match(output, /^-USER 1000\n\+USER 1001$/m);
      assert.equal(read("clean", "Dockerfile"), before);
    });

    it("applies the template's changes, and keeps the service's", async () => {
      const { output } = await stack.expectSuccess("upgrade-service", `SERVICE=${file("clean")}`);
      assert.match(output, /template 'adopted-go' from version 2 to 3, 3 files written/);
      const dockerfile = read("clean", "Dockerfile");
      assert.match(dockerfile, /^RUN apk add --no-cache git$/m);
      assert.match(dockerfile, /^USER 1001$/m);
      assert.match(read("clean", ".dockerignore"), /^\*\.pem$/m);
      assert.deepEqual(descriptorOf("clean").template, { name: "adopted-go", version: 3 });
    });

    it("names the files with conflicts, and writes none", async () => {
      const before = [read("clash", "Dockerfile"), read("clash", ".dockerignore"), read("clash", "plinth.json")];
      const output = await stack.expectFailure("upgrade-service", `SERVICE=${file("clash")}`);
      assert.match(output, /changed the same lines of:\n {2}Dockerfile\nNothing was written\./);
      assert.deepEqual(
        [read("clash", "Dockerfile"), read("clash", ".dockerignore"), read("clash", "plinth.json")],
        before,
      );
    });

    it("marks the conflicts with FORCE=1", async () => {
      await stack.expectFailure("upgrade-service", `SERVICE=${file("clash")}`, "FORCE=1");
      assert.match(
        read("clash", "Dockerfile"),
        /<<<<<<< clash\nUSER 4242\n\|\|\|\|\|\|\| adopted-go 2\nUSER 1000\n=======\nUSER 1001\n>>>>>>> adopted-go 3/,
      );
    });

    it("does not restore files that the service has removed", async () => {
      const { output } = await stack.expectSuccess("upgrade-service", `SERVICE=${file("gone")}`);
      assert.match(output, /\.dockerignore was changed by the template; this service has removed it/);
      assert.ok(!existsSync(file("gone", ".dockerignore")));
    });
  });

  describe("of a whole service", () => {
    it("adds and removes files of the template, and merges the descriptor by field", async () => {
      const original = descriptorOf("fresh");
      edit(file("fresh", "plinth.json"), original.description, "Our own words");
      await release("go", (folder) => {
        writeFileSync(join(folder, "internal/added.go"), "package internal\n// sample-service\n");
        rmSync(join(folder, ".dockerignore"));
        edit(join(folder, "plinth.json"), '"probes": { "live": "/health"', '"probes": { "live": "/livez"');
      });
      await stack.expectSuccess("upgrade-service", `SERVICE=${file("fresh")}`);
      assert.equal(read("fresh", "internal/added.go"), "package internal\n// fresh\n");
      assert.ok(!existsSync(file("fresh", ".dockerignore")));
      const { description, probes, name, template } = descriptorOf("fresh");
      assert.deepEqual(
        { description, probes, name, template },
        {
          description: "Our own words",
          probes: { live: "/livez", ready: "/ready" },
          name: "fresh",
          template: { name: "go", version: original.template!.version + 1 },
        },
      );
    });
  });

  describe("refuses", () => {
    const refusals: [what: string, template: ServiceDescriptor["template"], sentence: RegExp][] = [
      ["a service without a template", undefined, /names no 'template'/],
      [
        "an unknown template",
        { name: "rust", version: 1 },
        /there is no template 'rust'; there are node, adopted-node/,
      ],
      [
        "a version that was never recorded",
        { name: "adopted-go", version: 99 },
        /Version 99 of template 'adopted-go' is not recorded here; recorded are 2, 3/,
      ],
    ];
    for (const [what, template, sentence] of refusals)
      it(what, async () => {
        const { template: _, ...rest } = descriptorOf("gone");
        writeFileSync(file("gone", "plinth.json"), JSON.stringify({ ...rest, ...(template && { template }) }));
        assert.match(await stack.expectFailure("upgrade-service", `SERVICE=${file("gone")}`), sentence);
      });
  });
});
