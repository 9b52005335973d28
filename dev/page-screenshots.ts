import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { HOSTILE } from "../tests/support/page/fixture-names.ts";
import { spanId, traceId } from "../tests/support/page/fixture-traces.ts";
import { type PageUnderTest, startPageUnderTest } from "../tests/support/page/page-browser.ts";

const WIDTH = 1280;
const HEIGHT = 800;
/** Charts and the second answers are drawn by then. */
const SETTLE_MS = 1_200;

const VIEWS: Record<string, { path: string; height?: number; width?: number }> = {
  resources: { path: "/resources" },
  logs: { path: "/logs?level=info" },
  trace: { path: `/traces/${traceId(3)}?span=${spanId(3, 9)}` },
  metrics: { path: "/metrics", height: 1050 },
  alerts: { path: "/alerts" },
  topics: { path: "/topics?topic=wallet.bet-placed.v1.dlq" },
  schemas: { path: "/schemas?subject=wallet.bet-placed-value&from=1&to=3" },
  "trace-narrow": { path: `/traces/${traceId(3)}`, width: 360, height: 740 },
};

/**
 * Pictures of the observability page into docs/images, light and dark. The platform on them is the
 * made-up one of the page's tests, so that a picture changes only with the page.
 */
export async function takePagePictures(): Promise<void> {
  const folder = join(root, "docs/images");
  mkdirSync(folder, { recursive: true });
  const tested = await startPageUnderTest({ services: 10, lines: 5_000 });
  removeHostile(tested);
  try {
    for (const [name, { path, width = WIDTH, height = HEIGHT }] of Object.entries(VIEWS))
      for (const theme of ["light", "dark"] as const) {
        const page = await tested.open(path, { width, height, theme });
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
        const file = `page-${name}${theme === "dark" ? "-dark" : ""}.png`;
        await page.screenshot({ path: join(folder, file) as `${string}.png` });
        console.log(`docs/images/${file}`);
        await page.close();
      }
  } finally {
    await tested.close();
  }
}

/** Hostile names are for tests; here they would only puzzle. */
function removeHostile({ sources }: PageUnderTest): void {
  const plain = <T>(value: T): T => {
    const quoted = JSON.stringify(HOSTILE).slice(1, -1);
    return JSON.parse(JSON.stringify(value).replaceAll(quoted, "check limits")) as T;
  };
  const { logs, traces, alerts } = sources;
  logs.lines.splice(0, logs.lines.length, ...plain(logs.lines));
  traces.spans.splice(0, traces.spans.length, ...plain(traces.spans));
  alerts.alerts = plain(alerts.alerts);
}
