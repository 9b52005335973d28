import { cpus, loadavg } from "node:os";
import { UserError } from "@plinth/local/user-error.ts";
import { installMissing } from "@plinth/toolchain/setup.ts";
import { main } from "../cli/terminal/main.ts";
import { formatTable } from "../cli/terminal/table.ts";
import type { BenchmarkRow } from "./bench/row.ts";

/**
 * `make bench`: measures the figures that the documentation quotes, on servers that it starts. It
 * prints and compares, and never fails because of a figure; run it on a quiet machine.
 */
const benchmarks: Record<string, () => Promise<BenchmarkRow[]>> = {
  platform: async () => (await import("./bench/platform/platform.ts")).benchmarkPlatform(),
  edit: async () => (await import("./bench/platform/edit.ts")).benchmarkEdits(),
  registry: async () => (await import("./bench/platform/registry.ts")).benchmarkRegistry(),
  providers: async () => (await import("./bench/deployment/providers.ts")).benchmarkProviders(),
  cluster: async () => (await import("./bench/deployment/cluster.ts")).benchmarkCluster(),
  highload: async () => (await import("./bench/services/highload.ts")).benchmarkHighload(),
  telemetry: async () => (await import("./bench/services/telemetry.ts")).benchmarkTelemetry(),
  observability: async () => (await import("./bench/observability/observability.ts")).benchmarkObservability(),
  kafka: async () => (await import("./bench/clients/kafka.ts")).benchmarkKafka(),
  outbox: async () => (await import("./bench/kit/outbox.ts")).benchmarkOutbox(),
  avro: async () => (await import("./bench/kit/avro.ts")).benchmarkAvro(),
  "hot-path": async () => (await import("./bench/kit/hot-path.ts")).benchmarkHotPath(),
  grpc: async () => (await import("./bench/kit/grpc.ts")).benchmarkGrpc(),
  program: async () => (await import("./bench/deployment/program.ts")).benchmarkProgram(),
};

await main(async (_stack, options) => {
  await installMissing();
  const names = options.size > 0 ? [...options] : Object.keys(benchmarks);
  const unknown = names.find((name) => !(name in benchmarks));
  if (unknown !== undefined)
    throw new UserError(`There is no benchmark '${unknown}'; there are ${Object.keys(benchmarks).join(", ")}`);
  console.log(`${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)} before the first`);
  for (const name of names) {
    console.error(`measuring ${name} …`);
    const rows = await benchmarks[name]!();
    // Printed at once: a later failure loses no figures.
    console.log(
      formatTable(
        ["what", "goal", "measured", "baseline, same run"],
        rows.map(({ what, goal, measured, baseline }) => [what, goal, measured, baseline ?? ""]),
      ),
    );
  }
  return 0;
});
