import { cpus, loadavg } from "node:os";
import type { Row } from "./bench/row.ts";
import { main } from "./main.ts";
import { setup } from "./setup.ts";
import { table } from "./table.ts";

/**
 * `make bench`: the figures that the documentation quotes, on servers of its own. It prints and compares, and never fails because of a
 * figure; run it on a quiet machine.
 */
const suites: Record<string, () => Promise<Row[]>> = {
  platform: async () => (await import("./bench/platform.ts")).platformBench(),
  edit: async () => (await import("./bench/edit.ts")).editBench(),
  registry: async () => (await import("./bench/registry.ts")).registryBench(),
  providers: async () => (await import("./bench/providers.ts")).providerBench(),
  cluster: async () => (await import("./bench/cluster.ts")).clusterBench(),
  highload: async () => (await import("./bench/highload.ts")).highloadBench(),
  telemetry: async () => (await import("./bench/telemetry.ts")).telemetryBench(),
  kafka: async () => (await import("./bench/kafka.ts")).kafkaBench(),
  outbox: async () => (await import("./bench/outbox.ts")).outboxBench(),
  avro: async () => (await import("./bench/avro.ts")).avroBench(),
  "hot-path": async () => (await import("./bench/hot-path.ts")).hotPathBench(),
  grpc: async () => (await import("./bench/grpc.ts")).grpcBench(),
  program: async () => (await import("./bench/program.ts")).programBench(),
};

await main(async (_stack, options) => {
  await setup();
  const wanted = options.size > 0 ? [...options] : Object.keys(suites);
  const unknown = wanted.find((name) => !(name in suites));
  if (unknown !== undefined) throw new Error(`There is no benchmark '${unknown}'; there are ${Object.keys(suites).join(", ")}`);
  console.log(`${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)} before the first`);
  for (const name of wanted) {
    console.error(`measuring ${name} …`);
    const rows = await suites[name]!();
    // At once: minutes of measuring are not lost when a later one fails.
    console.log(
      table(
        ["what", "goal", "measured", "baseline, same run"],
        rows.map(({ what, goal, measured, baseline }) => [what, goal, measured, baseline ?? ""]),
      ),
    );
  }
  return 0;
});
