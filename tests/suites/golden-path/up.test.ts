import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { runChecks } from "../../../cli/checklist/check.ts";
import { imageChecks } from "../../../cli/checklist/image-checks.ts";
import { inspectService } from "../../../cli/checklist/inspected-service.ts";
import { liveChecks } from "../../../cli/checklist/live-checks.ts";
import { repositoryChecks } from "../../../cli/checklist/repository-checks.ts";
import type { ServiceDescriptor } from "../../../components/service/descriptor-rule.ts";
import { runnable, writeFiles } from "../../support/sample-repositories.ts";
import type { Stack } from "../../support/stack/stack.ts";
import { closeWorkspace, openWorkspace } from "./workspace.ts";

describe("foreign repositories, each added by one command (INF-14, INF-15)", function () {
  this.timeout(300_000);
  let stack: Stack;
  let elsewhere: string;
  before(async () => {
    ({ stack, outside: elsewhere } = await openWorkspace());
  });
  after(() => closeWorkspace({ stack, outside: elsewhere }));

  for (const { language, files } of runnable)
    it(`${language}: becomes a submodule with a Dockerfile and a descriptor`, async () => {
      const repository = writeFiles(join(elsewhere, `hello-${language}`), files, { repository: true });
      const { output } = await stack.expectSuccess("add-service", `URL=${repository}`);
      assert.match(output, new RegExp(`Detected: ${language} \\(`));
      for (const file of ["Dockerfile", ".dockerignore", "plinth.json"])
        assert.ok(existsSync(join(stack.root, "packages", `hello-${language}`, file)), file);
    });

  it("a new service starts from the template of its language", async () => {
    const { output } = await stack.expectSuccess("add-service", "NEW=go", "NAME=fresh");
    assert.match(output, /fresh has what it needs: \d+ files written/);
  });

  it("each runs with the platform after 'make up', and answers", async () => {
    const { output } = await stack.expectSuccess("up");
    for (const { language, says } of runnable) {
      const { port } = descriptorOf(language);
      assert.match(output, new RegExp(`^hello-${language} +http://localhost:${port + stack.offset}$`, "m"));
      const response = await fetch(`http://localhost:${port + stack.offset}/`);
      assert.equal(await response.text(), says);
    }
    const found = await stack.assertHealthy();
    for (const { language } of runnable)
      assert.ok(
        found.some(({ name }) => name === `hello-${language}`),
        language,
      );
  });

  it("each has the addresses of logs and traces in its environment (OBS-5)", async () => {
    const pids = new Map((await stack.status()).map(({ name, pid }) => [name, pid]));
    for (const name of ["fresh", ...runnable.map(({ language }) => `hello-${language}`)]) {
      const environment = readFileSync(`/proc/${pids.get(name)}/environ`, "utf8").split("\0");
      assert.ok(environment.includes(`LOKI_URL=http://localhost:${3100 + stack.offset}`), name);
      assert.ok(environment.includes(`OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:${4318 + stack.offset}`), name);
    }
  });

  it("the new one passes the checklist, as do the wallet and highload (SDG-8)", async () => {
    const checks = [...imageChecks, ...repositoryChecks, ...liveChecks];
    for (const [folder, name] of [
      [stack.root, "fresh"],
      [root, "wallet"],
      [root, "highload"],
    ] as const) {
      const { service } = inspectService(folder, name);
      const live = {
        baseUrl: `http://localhost:${service.port + stack.offset}`,
        log: () => readFileSync(join(stack.directory, "logs", `${name}.log`), "utf8"),
      };
      const results = await runChecks(checks, inspectService(folder, name, live));
      assert.deepEqual(
        results.filter(({ result }) => !Array.isArray(result) || result.length > 0),
        [],
        name,
      );
    }
    assert.match((await stack.expectSuccess("checklist", "SERVICE=fresh")).output, /^21 checks passed\.$/m);
  });

  it("a second 'make up' builds and restarts nothing", async () => {
    const before = await stack.status();
    const { output } = await stack.expectSuccess("up");
    assert.doesNotMatch(output, /^Building /m);
    assert.deepEqual(await stack.status(), before);
  });

  it("only the service whose code changed is rebuilt and restarted", async () => {
    const [{ language, files, says }] = runnable as [(typeof runnable)[0]];
    const before = new Map((await stack.status()).map(({ name, pid }) => [name, pid]));
    writeFiles(join(stack.root, "packages", `hello-${language}`), {
      "index.js": files["index.js"]!.replace(says, "changed"),
    });
    await stack.expectSuccess("up");
    assert.equal(
      await (await fetch(`http://localhost:${descriptorOf(language).port + stack.offset}/`)).text(),
      "changed",
    );
    const changed = (await stack.status()).filter(({ name, pid }) => before.get(name) !== pid).map(({ name }) => name);
    assert.deepEqual(changed, [`hello-${language}`]);
  });

  function descriptorOf(language: string): ServiceDescriptor {
    return JSON.parse(
      readFileSync(join(stack.root, "packages", `hello-${language}`, "plinth.json"), "utf8"),
    ) as ServiceDescriptor;
  }
});
