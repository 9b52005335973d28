import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { readProcessRecords } from "@plinth/local/supervisor/state.ts";
import { discoverServices, type LocatedService } from "../../components/service/descriptor.ts";
import { type LogFilter, selectServices } from "../logs/filter.ts";
import { LogFile } from "../logs/log-file.ts";
import { renderRecord } from "../logs/render.ts";
import { type Colour, colourize, supportsColour } from "../terminal/colour.ts";
import { FolderWatcher } from "./folder-watcher.ts";
import { Reloader } from "./reloader.ts";

const POLL_MS = 100;
const colours = supportsColour(process.stdout);
const paint = (text: string, colour: Colour) => colourize(text, colour, colours);

/**
 * Restarts services of a local stack whenever their sources are saved, and prints their logs.
 *
 * @param directory of the stack's supervisor
 * @param stop ends the session after the restarts that are under way; the stack runs on
 */
export async function runDevSession(directory: string, filter: LogFilter, stop: Promise<void>): Promise<void> {
  const services = discoverServices(root);
  const reloader = new Reloader(directory);
  const printLogs = createLogPrinter(directory, services, filter, reloader);
  let reloads: Promise<unknown> = Promise.resolve();
  const watcher = new FolderWatcher(root, sourceFolders(services), (files) => {
    // An editor's temporary files are gone by now.
    const existing = files.filter((file) => existsSync(file));
    const names = (existing.length > 0 ? existing : files).map((file) => relative(root, file));
    for (const name of names.filter(requiresUp))
      console.log(`${paint(`! ${name}`, "yellow")}: 'make up' applies it to the rest of the stack`);
    reloads = Promise.all([reloads, reload(reloader, printLogs, summarizeFiles(names), files)]);
  });
  await watcher.ready;
  const names = services.map(({ name }) => name);
  console.log(
    `${paint("make dev", "bold")} follows ${names.join(", ")}: edit, save, ask. Ctrl-C ends this, not the stack.`,
  );
  const records = readProcessRecords(directory);
  for (const absent of names.filter((name) => !records.some((record) => record.name === name)))
    console.log(`${paint(`! ${absent}`, "yellow")} does not run in this stack yet: 'make up' starts it`);
  await reload(reloader, printLogs, "sources changed since it was started");
  const timer = setInterval(printLogs, POLL_MS);
  await stop;
  clearInterval(timer);
  await watcher.close();
  // What was saved before Ctrl-C is live when this ends; a second Ctrl-C does not wait for it.
  await reloads;
  printLogs();
}

function sourceFolders(services: readonly LocatedService[]): string[] {
  return [
    ...new Set(
      services.flatMap(({ folder, standalone }) => (standalone ? [folder] : [folder, "services/kit", "schemas"])),
    ),
  ];
}

function summarizeFiles(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
}

function createLogPrinter(
  directory: string,
  services: readonly LocatedService[],
  filter: LogFilter,
  reloader: Reloader,
): () => void {
  const names = services.map(({ name }) => name);
  const logs = selectServices(filter.services, names).map((name) => ({
    name,
    file: new LogFile(join(directory, "logs"), name),
  }));
  for (const { file } of logs) file.skipToEnd();
  const style = { colours, nameWidth: Math.max(...names.map((name) => name.length)) };
  return () => {
    const records = logs.flatMap(({ name, file }) =>
      // The failure report holds the plain lines of a version that does not start.
      file
        .readAdded()
        .filter((record) => filter.matches(record) && (record.startsRecord || !reloader.isReloading(name))),
    );
    for (const record of records.toSorted((a, b) => a.time - b.time)) console.log(renderRecord(record, style));
  };
}

async function reload(
  reloader: Reloader,
  printLogs: () => void,
  reason: string,
  files: readonly string[] = [],
): Promise<void> {
  try {
    await Promise.all(
      reloader.reload(files).map(async ({ service, result }) => {
        const outcome = await result;
        printLogs();
        reloader.markReported(service.name);
        if (outcome?.failure !== undefined)
          console.log(`${paint(`✖ ${service.name}`, "red")} ${reason}\n${outcome.failure.replace(/^/gm, "  ")}`);
        else if (outcome)
          console.log(`${paint(`↻ ${service.name}`, "green")} ${reason}: serves after ${Math.round(outcome.ms)} ms`);
      }),
    );
  } catch (error) {
    console.log(`${paint("✖", "red")} ${(error as Error).message}`);
  }
}

/** Descriptors, tables and schemas are more than a service's code: only the engine applies them. */
function requiresUp(file: string): boolean {
  return /(^|\/)plinth\.json$|\/migrations\/[^/]+\.sql$|^schemas\/([^/]+\.avsc|catalog\.ts)$/.test(file);
}
