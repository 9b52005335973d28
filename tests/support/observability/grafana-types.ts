import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";

const PANEL_KINDS = ["timeseries", "stat", "bargauge", "table", "logs"];

/** The types of @grafana/schema for JSON: an enum's member is its value. */
const TYPES = `
import type { Dashboard, Panel, RowPanel } from "@grafana/schema";
${PANEL_KINDS.map((kind) => `import type { Options as ${kind} } from "../@grafana/schema/dist/types/raw/composable/${kind}/panelcfg/x/types.gen";`).join("\n")}
type Plain<T> =
  T extends string ? \`\${T}\` :
  T extends readonly (infer Item)[] ? Plain<Item>[] :
  T extends object ? { [Key in keyof T]: Plain<T[Key]> } : T;
type Row = Plain<Omit<RowPanel, "panels">> & { type: "row"; panels: [] };
type PanelOf<Kind, Options> = Plain<Omit<Panel, "type" | "options">> & { type: Kind; options?: Plain<Partial<Options>> };
type AnyPanel = Row${PANEL_KINDS.map((kind) => ` | PanelOf<"${kind}", ${kind}>`).join("")};
type PlainDashboard = Plain<Omit<Dashboard, "panels">> & { panels: AnyPanel[] };
`;

/**
 * Compiles dashboards as literals of Grafana's own types, which refuses unknown fields as well as
 * wrong values.
 *
 * @returns the compiler's errors; empty when there are none
 */
export function grafanaTypeErrors(dashboards: readonly object[]): string {
  const folder = mkdtempSync(join(root, "node_modules", ".grafana-types-"));
  try {
    const literals = dashboards.map(
      (one, index) => `export const d${index}: PlainDashboard = ${JSON.stringify(one, undefined, 1)};`,
    );
    writeFileSync(join(folder, "dashboards.ts"), `${TYPES}\n${literals.join("\n")}`);
    const { status, stdout } = spawnSync(
      process.execPath,
      [
        join(root, "node_modules/typescript-7/bin/tsc"),
        ...["--ignoreConfig", "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "esnext"],
        ...["--moduleResolution", "bundler", "--types", "", "dashboards.ts"],
      ],
      { cwd: folder, encoding: "utf8", timeout: 60_000 },
    );
    return status === 0 ? "" : stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
