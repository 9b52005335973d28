import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";

const IMAGE = "plinth/wallet:4f2a";
const build = `docker build --file services/Dockerfile --build-arg SERVICE=wallet --tag ${IMAGE} .`;
const remedy = "To use an image that is built already: pulumi config set --path images.wallet IMAGE@DIGEST\n";

describe("the build of a service's image for a development stack", () => {
  let programs: string;
  let callsFile: string;
  beforeEach(() => {
    programs = mkdtempSync(join(tmpdir(), "plinth-image-"));
    callsFile = join(programs, "callsFile");
    for (const name of ["docker", "kind", "k3d", "minikube"]) writeProgram(name);
  });
  afterEach(() => rmSync(programs, { recursive: true }));

  /** A program that records its call, and prints a line that must not reach standard output. */
  function writeProgram(name: string, code = 0): void {
    writeFileSync(
      join(programs, name),
      `#!/bin/sh\necho "$PWD: ${name} $*" >> '${callsFile}'\necho progress\nexit ${code}\n`,
    );
    chmodSync(join(programs, name), 0o755);
  }
  function buildImage(context: string, more: Record<string, string> = {}) {
    const env = { PATH: programs, SERVICE: "wallet", IMAGE, CONTEXT: context, ...more };
    const { status, stdout, stderr } = spawnSync(process.execPath, ["components/service/build-image.ts"], {
      cwd: root,
      env,
      encoding: "utf8",
    });
    const calls = existsSync(callsFile) ? readFileSync(callsFile, "utf8").trim().split("\n") : [];
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
    it(`${load.length > 0 ? `loads the image by '${load[0]!.split(" ")[0]}'` : "loads nothing"} for the context '${context}'`, () => {
      const { status, stdout, calls } = buildImage(context);
      assert.equal(status, 0);
      assert.deepEqual(calls, [build, ...load]);
      assert.equal(stdout, `${IMAGE}\n`);
    });

  it("uses the Dockerfile in the service's folder, where it has one (INF-14)", () => {
    const { status, calls } = buildImage("kind-kind", { FOLDER: "packages/orders" });
    assert.deepEqual(
      [status, calls],
      [0, [`docker build --tag ${IMAGE} packages/orders`, `kind load docker-image ${IMAGE} --name kind`]],
    );
  });

  it("names a missing Docker in one sentence, and what to do without it", () => {
    rmSync(join(programs, "docker"));
    assert.deepEqual(buildImage("kind-kind"), {
      status: 1,
      stdout: "",
      stderr: `'${build}' cannot be run (ENOENT). ${remedy}`,
      calls: [],
    });
  });

  it("names the failed command below its output, and stops", () => {
    writeProgram("docker", 17);
    const { status, stdout, stderr, calls } = buildImage("kind-kind");
    assert.deepEqual([status, stdout, stderr], [1, "", `progress\n'${build}' ended with exit code 17. ${remedy}`]);
    assert.deepEqual(calls, [build]);
  });

  it("names the failed program of the cluster", () => {
    writeProgram("kind", 1);
    const { status, stderr } = buildImage("kind-kind");
    assert.equal(status, 1);
    assert.ok(
      stderr.endsWith(`'kind load docker-image ${IMAGE} --name kind' ended with exit code 1. ${remedy}`),
      stderr,
    );
  });
});
