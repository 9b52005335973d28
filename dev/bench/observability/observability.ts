import type { BenchmarkRow } from "../row.ts";
import { benchmarkTelemetry } from "../services/telemetry.ts";
import { benchmarkPage } from "./page.ts";
import { benchmarkObservedStack } from "./stack.ts";

/** Every figure of docs/observability.md, in one run. */
export async function benchmarkObservability(): Promise<BenchmarkRow[]> {
  return [...(await benchmarkTelemetry()), ...(await benchmarkObservedStack()), ...(await benchmarkPage())];
}
