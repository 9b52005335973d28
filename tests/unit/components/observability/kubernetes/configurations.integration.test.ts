import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alloySyntaxProgram, amtoolProgram } from "@plinth/toolchain/observability/config-checkers.ts";
import { promtoolProgram } from "@plinth/toolchain/observability/promtool.ts";
import { alertmanagerConfig } from "../../../../../components/observability/kubernetes/alertmanager.ts";
import { configFiles, variantNames } from "../../../../support/observability/cluster-configs.ts";

describe("the configurations of a cluster's servers under the servers' own parsers", () => {
  for (const variant of variantNames)
    it(`${variant}: Prometheus, Alertmanager and Alloy accept theirs`, async () => {
      const files = await configFiles(variant);
      assert.equal(judge("config.alloy", files["config.alloy"]!, alloySyntaxProgram()), "");
      if (variant === "external") return;
      assert.equal(judge("prometheus.yaml", files["prometheus.yaml"]!, promtoolProgram(), "check", "config"), "");
      assert.equal(
        judge("platform.rules.yaml", files["platform.rules.yaml"]!, promtoolProgram(), "check", "rules"),
        "",
      );
      assert.equal(judge("alertmanager.yaml", files["alertmanager.yaml"]!, amtoolProgram(), "check-config"), "");
    });

  it("Alertmanager accepts a webhook whose address is in a file", () =>
    assert.equal(judge("am.yaml", JSON.stringify(alertmanagerConfig(true)), amtoolProgram(), "check-config"), ""));

  it("are refused by the same parsers when they are broken", async () => {
    const files = await configFiles("dev");
    assert.match(judge("config.alloy", files["config.alloy"]!.replace("{", ""), alloySyntaxProgram()), /config.alloy:/);
    const misspelt = files["prometheus.yaml"]!.replace("scrape_configs", "scrape_config");
    assert.match(judge("p.yaml", misspelt, promtoolProgram(), "check", "config"), /scrape_config not found/);
    const unrouted = files["alertmanager.yaml"]!.replace('"receiver": "nobody"', '"receiver": "somebody"');
    assert.match(judge("am.yaml", unrouted, amtoolProgram(), "check-config"), /undefined receiver "somebody"/);
  });
});

/** What the program says of the file; empty when it accepts it. */
function judge(name: string, text: string, program: string, ...args: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "plinth-config-"));
  try {
    const file = join(folder, name);
    writeFileSync(file, text);
    const { status, stdout, stderr, error } = spawnSync(program, [...args, file], {
      encoding: "utf8",
      timeout: 60_000,
    });
    if (error !== undefined) return error.message;
    return status === 0 ? "" : `${stdout}${stderr}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
