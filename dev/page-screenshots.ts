import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import type { LogLine } from "@plinth/local/page/model/log-line.ts";
import type { Span } from "@plinth/local/page/model/span.ts";
import { createLine } from "../tests/support/page/fixture-logs.ts";
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
  trace: { path: `/traces/${traceId(3)}?span=${spanId(3, 9)}`, width: 1440 },
  metrics: { path: "/dashboards", height: 1050 },
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

/** A line at the start of each span, and one for its failure. */
function linesOf(spans: readonly Span[]): LogLine[] {
  return spans.map(({ service, name, startNs, status, statusMessage, spanId: id, traceId: trace, tenant }, index) => ({
    ...createLine({
      service,
      ms: Number(startNs.slice(0, -6)) + 1,
      index,
      level: status === "error" ? "error" : "info",
      message: statusMessage ?? `${name} ${status === "error" ? "failed, and is tried again" : "done"}`,
    }),
    traceId: trace,
    spanId: id,
    ...(tenant !== undefined && { tenant }),
  }));
}

/** Hostile names are for tests; here they would only puzzle. */
function removeHostile({ sources }: PageUnderTest): void {
  const plain = <T>(value: T): T => {
    const quoted = JSON.stringify(HOSTILE).slice(1, -1);
    return JSON.parse(JSON.stringify(value).replaceAll(quoted, "check limits")) as T;
  };
  const { logs, traces, alerts } = sources;
  traces.spans.splice(0, traces.spans.length, ...plain(traces.spans));
  const others = plain(logs.lines).filter((line) => line.traceId !== traceId(3));
  const lines = [...others, ...linesOf(traces.spans.filter((span) => span.traceId === traceId(3)))];
  lines.sort((a, b) => (a.timeNs < b.timeNs ? -1 : 1));
  logs.lines.splice(0, logs.lines.length, ...lines);
  alerts.alerts = plain(alerts.alerts);
}
