import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";

const IMAGE = "plinth/wallet:4f2a";
const build = `docker build --file services/Dockerfile --build-arg SERVICE=wallet --tag ${IMAGE} .`;
const remedy = "To use an image that is built already: pulumi config set --path images.wallet IMAGE@DIGEST\n";

describe("the image of a service of a development stack", () => {
  let programs: string;
  let called: string;
  beforeEach(() => {
    programs = mkdtempSync(join(tmpdir(), "plinth-image-"));
    called = join(programs, "called");
    for (const name of ["docker", "kind", "k3d", "minikube"]) program(name);
  });
  afterEach(() => rmSync(programs, { recursive: true }));

  /**
   * A program that notes how and where it was called, and prints what the engine must not take for
   * the image's name.
   */
  function program(name: string, code = 0): void {
    writeFileSync(
      join(programs, name),
      `#!/bin/sh\necho "$PWD: ${name} $*" >> '${called}'\necho progress\nexit ${code}\n`,
    );
    chmodSync(join(programs, name), 0o755);
  }
  function image(context: string, more: Record<string, string> = {}) {
    const env = { PATH: programs, SERVICE: "wallet", IMAGE, CONTEXT: context, ...more };
    const { status, stdout, stderr } = spawnSync(process.execPath, ["components/service/build-image.ts"], {
      cwd: root,
      env,
      encoding: "utf8",
    });
    const calls = existsSync(called) ? readFileSync(called, "utf8").trim().split("\n") : [];
    return { status, stdout, stderr, calls: calls.map((line) => line.replace(`${root}: `, "")) };
  }

  const cases: [context: string, load: string[]][] = [
    ["kind-kind", [`kind load docker-image ${IMAGE} --name kind`]],
    ["kind-two-words", [`kind load docker-image ${IMAGE} --name two-words`]],
    ["k3d-dev", [`k3d image import ${IMAGE} --cluster dev`]],
    ["minikube", [`minikube image load ${IMAGE} --profile minikube`]],
    ["minikube-two", [`minikube image load ${IMAGE} --profile minikube-two`]],
    ["docker-desktop", []],
    ["orbstack", []],
  ];
  for (const [context, load] of cases)
    it(`is built here, and ${load.length > 0 ? `brought by '${load[0]!.split(" ")[0]}'` : "already there"} where the context is '${context}'`, () => {
      const { status, stdout, calls } = image(context);
      assert.equal(status, 0);
      assert.deepEqual(calls, [build, ...load]);
      assert.equal(stdout, `${IMAGE}\n`);
    });

  it("is built by the service's own Dockerfile, from its own folder, where it has one (INF-14)", () => {
    const { status, calls } = image("kind-kind", { FOLDER: "packages/orders" });
    assert.deepEqual(
      [status, calls],
      [0, [`docker build --tag ${IMAGE} packages/orders`, `kind load docker-image ${IMAGE} --name kind`]],
    );
  });

  it("says in one sentence that Docker is missing, and what to do without", () => {
    rmSync(join(programs, "docker"));
    assert.deepEqual(image("kind-kind"), {
      status: 1,
      stdout: "",
      stderr: `'${build}' cannot be run (ENOENT). ${remedy}`,
      calls: [],
    });
  });

  it("says which command failed, below what it printed, and does not go on", () => {
    program("docker", 17);
    const { status, stdout, stderr, calls } = image("kind-kind");
    assert.deepEqual([status, stdout, stderr], [1, "", `progress\n'${build}' ended with exit code 17. ${remedy}`]);
    assert.deepEqual(calls, [build]);
  });

  it("says that the cluster's own program failed", () => {
    program("kind", 1);
    const { status, stderr } = image("kind-kind");
    assert.equal(status, 1);
    assert.ok(
      stderr.endsWith(`'kind load docker-image ${IMAGE} --name kind' ended with exit code 1. ${remedy}`),
      stderr,
    );
  });
});
