import { startCollector } from "../collector/collector.ts";
import { startLocalPage } from "../page/local-page.ts";
import { createExporters } from "./exporters/exporters.ts";
import { readObservabilitySettings } from "./settings.ts";

// The collector and the page of the process runtime: node main.ts SETTINGS.json. They share one
// process because a Node process costs 45 MB.

const report = (message: string) => console.log(JSON.stringify({ time: new Date().toISOString(), message }));

function fail(error: NodeJS.ErrnoException & { port?: number }): never {
  report(
    error.code === "EADDRINUSE"
      ? `Port ${error.port} is taken: stop the program that has it, or give the stack another portOffset`
      : error.message,
  );
  process.exit(1);
}

process.removeAllListeners("warning");
process.on("warning", (warning) => report(`${warning.name}: ${warning.message}`));

async function run(): Promise<void> {
  const settings = readObservabilitySettings(process.argv[2]);
  const collector = await startCollector(settings, process.env);
  const exporters = createExporters({ ...settings, databaseUrl: process.env.DATABASE_URL });
  const metrics = async () => (await collector.metrics()) + (await exporters.metrics());
  const page = await startLocalPage(settings, { metrics, receiveAlerts: collector.receiveAlerts }, process.env);
  report(`the page of stack '${settings.stack}' is at http://localhost:${settings.ports.page}`);
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, async () => {
      await page.close();
      await exporters.stop();
      await collector.stop();
      report(`stopped on ${signal}`);
      process.exit(0);
    });
}

run().catch(fail);
