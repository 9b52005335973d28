import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runGit } from "../../../cli/service-files/git.ts";
import { sizes } from "../../../components/base/sizes.ts";
import { parseDescriptor } from "../../../components/service/descriptor.ts";
import { commit, samples, writeFiles } from "../../support/sample-repositories.ts";
import type { Stack } from "../../support/stack/stack.ts";
import { closeWorkspace, openWorkspace } from "./workspace.ts";

describe("make add-service (INF-14)", function () {
  this.timeout(120_000);
  let stack: Stack;
  let elsewhere: string;
  before(async () => {
    ({ stack, outside: elsewhere } = await openWorkspace());
  });
  after(() => closeWorkspace({ stack, outside: elsewhere }));

  const read = (...path: string[]) => readFileSync(join(...path), "utf8");
  const inRepository = () => runGit(stack.root, "status", "--porcelain");
  const sample = (language: string, folder: string, more: Record<string, string> = {}) =>
    writeFiles(join(elsewhere, folder), { ...samples.find((one) => one.language === language)!.files, ...more });

  describe("on a folder outside of the repository", () => {
    for (const { language } of samples)
      it(`detects ${language} by its files, and writes the missing ones`, async () => {
        const folder = sample(language, `outside-${language}`);
        const { output } = await stack.expectSuccess("add-service", `PATH=${folder}`);
        assert.match(output, new RegExp(`Detected: ${language} \\(`));
        const descriptor = parseDescriptor("plinth.json", read(folder, "plinth.json"));
        assert.equal(descriptor.name, `outside-${language}`);
        assert.deepEqual(descriptor.resources, {
          development: sizes.development.service.resources,
          production: sizes.production.service.resources,
        });
        assert.deepEqual(descriptor.template, { name: `adopted-${language}`, version: 2 });
        const dockerfile = read(folder, "Dockerfile");
        assert.ok(dockerfile.match(/^FROM /gm)!.length >= 2, "multi-stage");
        for (const [, base] of dockerfile.matchAll(/^ARG \w+=(\S+)$/gm))
          assert.match(base!, /:[\w.-]+@sha256:[0-9a-f]{64}$/);
        for (const instruction of [/^USER 1000$/m, /^HEALTHCHECK /m, new RegExp(`^EXPOSE ${descriptor.port}$`, "m")])
          assert.match(dockerfile, instruction);
        assert.doesNotMatch(dockerfile, /\{\{|\n\n\n/);
        assert.match(read(folder, ".dockerignore"), /^\.git$/m);
      });

    it("says how it joins the platform, and changes nothing of this repository", async () => {
      const folder = sample("go", "joins");
      const { output } = await stack.expectSuccess("add-service", `PATH=${folder}`);
      assert.match(output, /make add-service URL=<that repository, or .*joins itself on this machine>/);
      assert.equal(inRepository(), "");
    });

    it("quotes paths in the next commands", async () => {
      const folder = sample("go", "with blanks and ümlauts");
      const { output } = await stack.expectSuccess("add-service", `PATH=${folder}`);
      assert.ok(output.includes(`\n  make checklist SERVICE='${folder}'\n`), output);
    });

    it("lists the files of a new service, and shows them with DRY_RUN=1", async () => {
      const args = ["NEW=php", "NAME=listed", `PATH=${join(elsewhere, "listed")}`];
      assert.match((await stack.expectSuccess("add-service", ...args, "DRY_RUN=1")).output, /^\+FROM /m);
      const { output } = await stack.expectSuccess("add-service", ...args);
      assert.match(output, /^ {2}.*listed\/Dockerfile \(\d+ lines\)$/m);
      assert.doesNotMatch(output, /^\+/m);
    });

    it("shows every file and writes none with DRY_RUN=1", async () => {
      const folder = sample("node", "dry");
      const { output } = await stack.expectSuccess("add-service", `PATH=${folder}`, "DRY_RUN=1");
      assert.match(output, /^\+USER 1000$/m);
      assert.match(output, /Nothing was written/);
      assert.deepEqual(readdirSync(folder).sort(), ["README.md", "index.js", "package.json"]);
    });

    it("uses the given name, port, needs, topics and tenant", async () => {
      const folder = sample("python", "given");
      await stack.expectSuccess(
        "add-service",
        `PATH=${folder}`,
        "NAME=teller",
        "PORT=8765",
        "NEEDS=database",
        "CONSUMES=V1_SYSTEM",
        "TENANT=header",
        "LANG=python",
      );
      const { name, port, needs, topics, groups, tenant } = parseDescriptor("plinth.json", read(folder, "plinth.json"));
      assert.deepEqual(
        { name, port, needs, tenant },
        { name: "teller", port: 8765, needs: ["database"], tenant: "header" },
      );
      assert.deepEqual(
        { topics, groups },
        { topics: { produces: [], consumes: ["V1_SYSTEM"] }, groups: { teller: "V1_SYSTEM" } },
      );
    });

    it("detects the needs and the paths of the code", async () => {
      const code = `const { DATABASE_URL, KAFKA_BROKERS } = process.env;
app.get("/livez", alive); app.get("/readyz", ready); app.get("/metrics", metrics); request.headers["x-tenant-id"]; app.listen(4321);`;
      const folder = writeFiles(join(elsewhere, "reads"), {
        "package.json": '{ "main": "server.js" }',
        "server.js": code,
      });
      const { output } = await stack.expectSuccess("add-service", `PATH=${folder}`);
      const { port, probes, needs, tenant } = parseDescriptor("plinth.json", read(folder, "plinth.json"));
      assert.deepEqual(
        { port, probes, needs, tenant },
        { port: 4321, probes: { live: "/livez", ready: "/readyz" }, needs: ["database", "broker"], tenant: "header" },
      );
      assert.match(output, /It listens on 4321 whatever PORT says/);
    });
  });

  describe("overwrites files only on request", () => {
    it("keeps an existing Dockerfile, and says so", async () => {
      const folder = sample("go", "own-image", { Dockerfile: "FROM scratch\n" });
      const { output } = await stack.expectSuccess("add-service", `PATH=${folder}`);
      assert.equal(read(folder, "Dockerfile"), "FROM scratch\n");
      assert.match(output, /with its own Dockerfile/);
      assert.equal(parseDescriptor("plinth.json", read(folder, "plinth.json")).template, undefined);
    });

    it("changes nothing the second time", async () => {
      const folder = sample("php", "twice");
      await stack.expectSuccess("add-service", `PATH=${folder}`);
      const mine = read(folder, "plinth.json").replace("Says hello", "Says good-bye");
      writeFileSync(join(folder, "plinth.json"), mine);
      const { output } = await stack.expectSuccess("add-service", `PATH=${folder}`);
      assert.match(output, /nothing was written/);
      assert.equal(read(folder, "plinth.json"), mine);
    });

    it("replaces it with FORCE=1, and shows the difference", async () => {
      const folder = sample("go", "forced", { Dockerfile: "FROM scratch\n" });
      const { output } = await stack.expectSuccess("add-service", `PATH=${folder}`, "FORCE=1");
      assert.match(output, /^-FROM scratch$/m);
      assert.match(read(folder, "Dockerfile"), /^USER 1000$/m);
    });
  });

  describe("on a git repository", () => {
    it("adds it as a submodule, staged and described, with the commands that keep it", async () => {
      const repository = sample("go", "greeter");
      commit(repository);
      const { output } = await stack.expectSuccess("add-service", `URL=${repository}`, "NAME=hi");
      assert.match(runGit(stack.root, "diff", "--cached", "--name-only"), /^\.gitmodules\npackages\/hi$/m);
      assert.ok(existsSync(join(stack.root, "packages/hi/plinth.json")));
      assert.match(output, /git add \.gitmodules packages\/hi && git commit/);
    });

    it("undoes everything when it fails", async () => {
      const before = inRepository();
      // Blocks the name under which add-service first writes the Dockerfile.
      const repository = sample("node", "blocked", { "Dockerfile.plinth-new/in-the-way": "" });
      commit(repository);
      assert.match(
        await stack.expectFailure("add-service", `URL=${repository}`),
        /becomes a submodule[\s\S]*^Nothing was written: EEXIST/m,
      );
      assert.equal(inRepository(), before);
      assert.ok(!existsSync(join(stack.root, "packages/blocked")));
      assert.ok(!existsSync(join(stack.root, ".git/modules/packages/blocked")));
      await stack.expectFailure("add-service", `URL=${repository}`);
    });

    it("without files in another clone is named with the command, and 'make submodules' fetches it and newer versions", async () => {
      runGit(join(stack.root, "packages/hi"), "add", "--all");
      runGit(
        join(stack.root, "packages/hi"),
        "-c",
        "user.name=Test",
        "-c",
        "user.email=test@example.com",
        "commit",
        "--quiet",
        "-m",
        "Describe it",
      );
      runGit(join(stack.root, "packages/hi"), "push", "--quiet", "origin", "HEAD:refs/heads/described");
      runGit(join(elsewhere, "greeter"), "merge", "--quiet", "described");
      runGit(stack.root, "add", "packages/hi");
      runGit(
        stack.root,
        "-c",
        "user.name=Test",
        "-c",
        "user.email=test@example.com",
        "commit",
        "--quiet",
        "-m",
        "Add hi",
      );
      runGit(stack.root, "submodule", "--quiet", "deinit", "--force", "packages/hi");
      assert.match(
        await stack.expectFailure("check-migrations"),
        /packages\/hi is a git submodule whose files are not here yet\. Type: make submodules/,
      );
      assert.match((await stack.expectSuccess("submodules")).output, /Fetching packages\/hi from/);
      assert.ok(existsSync(join(stack.root, "packages/hi/plinth.json")));
      assert.match((await stack.expectSuccess("submodules")).output, /Every submodule is here/);
      writeFiles(join(elsewhere, "greeter"), { "README.md": "Newer.\n" });
      commit(join(elsewhere, "greeter"));
      assert.match(
        (await stack.expectSuccess("submodules", "UPDATE=1")).output,
        /packages\/hi: [0-9a-f]{10} → [0-9a-f]{10}/,
      );
      assert.equal(read(stack.root, "packages/hi/README.md"), "Newer.\n");
    });
  });

  describe("on a folder of services/", () => {
    it("excludes a Node service in services/ from the workspaces of npm", async () => {
      writeFiles(join(stack.root, "services/aside"), samples[0]!.files);
      await stack.expectSuccess("add-service", "PATH=services/aside");
      assert.ok(
        (JSON.parse(read(stack.root, "package.json")) as { workspaces: string[] }).workspaces.includes(
          "!services/aside",
        ),
      );
    });
  });

  it("finds the original PATH where make passes its variables to $(shell) (GNU make 4.4)", () => {
    const makefile = read(stack.root, "Makefile").replaceAll(/\\\n\s*/g, "");
    const snippet = /^started-with = \$\(shell (.*)\)$/m.exec(makefile)![1]!;
    const line = snippet.replaceAll("$$", "$").replaceAll("$($(1))", "/given").replaceAll("$(1)", "PATH");
    const { stdout } = spawnSync("/bin/sh", ["-c", line], { env: { PATH: "/given" }, encoding: "utf8" });
    assert.equal(stdout.trim(), startedWith());
  });
});

function startedWith(): string {
  return /(?:^|\0)PATH=([^\0]*)/.exec(readFileSync("/proc/self/environ", "utf8"))?.[1] ?? "";
}
