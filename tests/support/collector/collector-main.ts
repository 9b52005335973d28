import { startCollector } from "@plinth/local/collector/collector.ts";
import type { ObservabilitySettings } from "@plinth/local/observability/settings.ts";

// A collector in a process of its own, which a test can kill: node collector-main.ts SETTINGS

await startCollector(JSON.parse(process.argv[2]!) as ObservabilitySettings, process.env);
console.log("listening");
