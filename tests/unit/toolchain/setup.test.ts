import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { KUBERNETES_VERSION } from "@plinth/toolchain/control-plane/kubernetes.ts";
import { KWOK_VERSION } from "@plinth/toolchain/control-plane/kwok.ts";
import { fillAtomically } from "@plinth/toolchain/go/build.ts";
import { downloadGoModule } from "@plinth/toolchain/go/module.ts";
import { installMissing } from "@plinth/toolchain/setup.ts";
import { controlPlaneTools } from "@plinth/toolchain/tools.ts";

describe("what the cluster tests must have (INF-16)", () => {
  const { PATH, XDG_CACHE_HOME } = process.env;
  let folder: string;

  /** A machine with nothing but these programs, and nothing built yet. */
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "plinth-parts-"));
    process.env.PATH = folder;
    process.env.XDG_CACHE_HOME = folder;
  });
  afterEach(() => {
    for (const [name, value] of Object.entries({ PATH, XDG_CACHE_HOME })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(folder, { recursive: true });
  });
  const program = (name: string, script: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
    return join(folder, name);
  };

  it("begins with etcd, by the command that brings it, before anything is built", async () => {
    assert.match(controlPlaneTools[0]!.remedy, /^(sudo )?(apt-get install -y etcd-server|brew install etcd)$/);
    // Root's way is to call apt-get itself.
    program("apt-get", 'echo no such package; [ "$1" = update ]');
    await assert.rejects(
      installMissing(controlPlaneTools),
      /etcd is missing\. Type: |'apt-get install .* etcd-server' ended with exit code 1:\nno such package/,
    );
    assert.deepEqual(readdirSync(folder), ["apt-get"]);
  });

  it("asks for Go where nothing is built yet", async () => {
    program("etcd", 'echo "etcd Version: 3.4.23"');
    await assert.rejects(
      installMissing(controlPlaneTools),
      /cannot be fetched \(no Go\): install Go 1\.26\.6 or later/,
    );
  });

  it("does not use a module whose checksum is another than the pinned one", async () => {
    const go = program("go", `echo '{"Dir": "${folder}", "Sum": "h1:another="}'`);
    const module = { path: "example.com/module", version: "v1.0.0", sum: "h1:pinned=" };
    await assert.rejects(
      downloadGoModule(go, module),
      /^example\.com\/module@v1\.0\.0 has checksum h1:another=, but h1:pinned= was expected/,
    );
    assert.equal(await downloadGoModule(go, { ...module, sum: "h1:another=" }), folder);
  });

  it("takes nothing for built that was interrupted", async () => {
    const built = join(folder, "thing-1.0", "bin");
    mkdirSync(join(folder, "thing-1.0"));
    const interrupted = fillAtomically(built, async (partial) => {
      writeFileSync(join(partial, "half"), "");
      throw new Error("interrupted");
    });
    await assert.rejects(interrupted, /interrupted/);
    assert.deepEqual(readdirSync(join(folder, "thing-1.0")), []);
    await fillAtomically(built, async (partial) => writeFileSync(join(partial, "all"), ""));
    assert.deepEqual(readdirSync(built), ["all"]);
  });

  for (const [module, line] of [
    ["kubernetes", `require k8s.io/kubernetes v${KUBERNETES_VERSION}`],
    ["kwok", `require sigs.k8s.io/kwok v${KWOK_VERSION}`],
  ] as const) {
    it(`builds the ${module} that it says it builds`, () => {
      assert.ok(readFileSync(join(root, "toolchain", "control-plane", module, "go.mod"), "utf8").includes(line), line);
    });
  }

  it("replaces each staging module of Kubernetes by the release of the same day", () => {
    const text = readFileSync(join(root, "toolchain", "control-plane", "kubernetes", "go.mod"), "utf8");
    const replaced = [...text.matchAll(/^\t(k8s\.io\/\S+) => (\S+) (\S+)$/gm)].map(([, from, to, version]) => ({
      from,
      to,
      version,
    }));
    assert.equal(replaced.length, 31);
    for (const { from, to, version } of replaced)
      assert.deepEqual([to, version], [from, KUBERNETES_VERSION.replace(/^1/, "v0")]);
  });
});
