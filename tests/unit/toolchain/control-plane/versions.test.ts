import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { KUBERNETES_VERSION } from "@plinth/toolchain/control-plane/kubernetes.ts";
import { KWOK_VERSION } from "@plinth/toolchain/control-plane/kwok.ts";

describe("the pinned modules of the control plane (INF-16)", () => {
  for (const [module, line] of [
    ["kubernetes", `require k8s.io/kubernetes v${KUBERNETES_VERSION}`],
    ["kwok", `require sigs.k8s.io/kwok v${KWOK_VERSION}`],
  ] as const) {
    it(`have ${module} at the version that is named`, () => {
      assert.ok(readFileSync(join(root, "toolchain", "control-plane", module, "go.mod"), "utf8").includes(line), line);
    });
  }

  it("replace each staging module of Kubernetes by its release of the same day", () => {
    const text = readFileSync(join(root, "toolchain", "control-plane", "kubernetes", "go.mod"), "utf8");
    const replacements = [...text.matchAll(/^\t(k8s\.io\/\S+) => (\S+) (\S+)$/gm)].map(([, from, to, version]) => ({
      from,
      to,
      version,
    }));
    assert.equal(replacements.length, 31);
    for (const { from, to, version } of replacements)
      assert.deepEqual([to, version], [from, KUBERNETES_VERSION.replace(/^1/, "v0")]);
  });
});
