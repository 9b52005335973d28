import assert from "node:assert/strict";
import { root } from "@plinth/local/locations.ts";
import type { ProcessRuntime } from "../../../../../components/base/runtime.ts";
import type { ProcessContext } from "../../../../../components/observability/process/context.ts";
import { alertmanagerProcess, jaegerProcess } from "../../../../../components/observability/process/full-profile.ts";
import {
  victoriaLogsProcess,
  victoriaMetricsProcess,
  vmalertProcess,
} from "../../../../../components/observability/process/stores.ts";
import { observabilityPorts } from "../../../../../components/observability/settings.ts";
import { discoverServices } from "../../../../../components/service/descriptor.ts";

const runtime: ProcessRuntime = { kind: "process", stack: "local", directory: "/data", portOffset: 100 };
const context: ProcessContext = {
  runtime,
  ports: observabilityPorts(runtime),
  profile: "full",
  retention: { days: 3, bytes: "500MB" },
  services: discoverServices(root),
};
const notifier = "http://127.0.0.1:7800";
const inFile = ({ files }: { files: Record<string, string> }) => JSON.parse(Object.values(files)[0]!);

describe("the stores of a stack of processes", () => {
  const specs = [
    victoriaLogsProcess(context),
    victoriaMetricsProcess(context),
    vmalertProcess(context, notifier),
    alertmanagerProcess(context),
    jaegerProcess(context),
  ];

  it("listen on loopback only, at ports moved by the offset (OBS-2)", () => {
    const addresses = specs.flatMap(({ args, files }) =>
      [args.join(" "), ...Object.values(files)].flatMap((text) => [...text.matchAll(/[\w.]*:(\d{4,5})\b/g)]),
    );
    assert.deepEqual(
      addresses.filter(([address]) => !address.startsWith("127.0.0.1:")).map(([address]) => address),
      [],
    );
    assert.deepEqual(
      specs.flatMap(({ ports }) => Object.values(ports)),
      [9528, 9190, 8980, 9193, 16_786, 16_785, 14_418, 13_233],
    );
  });

  it("keep what they hold for as long and as large as configured (OBS-2)", () => {
    const [logs, metrics] = specs;
    assert.ok(logs!.args.includes("-retentionPeriod=3d") && metrics!.args.includes("-retentionPeriod=3d"));
    assert.ok(logs!.args.includes("-retention.maxDiskSpaceUsageBytes=500MB"));
    assert.match(JSON.stringify(inFile(specs[4]!)), /"ttl":{"spans":"72h"}/);
  });

  it("keep their data below the stack's folder", () => {
    for (const { cwd } of specs) assert.ok(cwd.startsWith("/data/"), cwd);
  });

  it("answer for the alerts' state on Prometheus' port, and keep it over a restart (OBS-2)", () => {
    assert.ok(specs[1]!.args.includes("-vmalert.proxyURL=http://127.0.0.1:8980"));
    for (const flag of ["-remoteWrite.url", "-remoteRead.url", "-datasource.url"])
      assert.ok(specs[2]!.args.includes(`${flag}=http://127.0.0.1:9190`), flag);
  });

  it("post alerts to the notifier, directly or through Alertmanager", () => {
    assert.ok(specs[2]!.args.includes(`-notifier.url=${notifier}`));
    assert.match(JSON.stringify(inFile(specs[3]!)), /"url":"http:\/\/127\.0\.0\.1:7800\/api\/v2\/alerts"/);
  });
});

describe("the scrape of a stack of processes", () => {
  interface Job {
    job_name: string;
    metrics_path: string;
    static_configs: { targets: string[]; labels: Record<string, string> }[];
  }
  const { scrape_configs: jobs, global } = inFile(victoriaMetricsProcess(context)) as {
    scrape_configs: Job[];
    global: { scrape_interval: string };
  };

  it("reads every service with metrics, the exporters, the registry and the stores each 5 seconds (SHOP-4)", () => {
    assert.equal(global.scrape_interval, "5s");
    const names = jobs.map(({ job_name }) => job_name);
    for (const name of ["highload", "wallet", "observability", "victoria-logs", "victoria-metrics", "vmalert"])
      assert.ok(names.includes(name), name);
    const wallet = jobs.find(({ job_name }) => job_name === "wallet")!;
    assert.equal(wallet.metrics_path, "/metrics");
    assert.deepEqual(wallet.static_configs[0]!.targets, ["127.0.0.1:8182"]);
  });

  it("labels every series with its service and the stack", () => {
    for (const { job_name, static_configs } of jobs)
      assert.deepEqual(static_configs[0]!.labels, { service: job_name, env: "local" });
  });
});
