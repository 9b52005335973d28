import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { readProcessRecords } from "@plinth/local/supervisor/state.ts";
import { discoverServices } from "../../components/service/descriptor.ts";
import { FolderWatcher } from "../dev-loop/folder-watcher.ts";
import { Reloader } from "../dev-loop/reloader.ts";
import { parseLogFilter, selectServices } from "../logs/filter.ts";
import { LogFile } from "../logs/log-file.ts";
import { colourize, renderRecord, supportsColour } from "../logs/render.ts";
import { readStackOutputs } from "../stack/outputs.ts";
import { main } from "../terminal/main.ts";

const POLL_MS = 100;
const colours = supportsColour(process.stdout);
const [GREEN, RED, YELLOW, BOLD] = [32, 31, 33, 1];

/**
 * `make dev`: each service of a local stack runs its sources as they are saved, and its log is
 * followed, until Ctrl-C; the stack goes on.
 */
await main(async (stack) => {
  const filter = parseLogFilter(process.env);
  const directory = await requireProcessStack(stack);
  const services = discoverServices(root);
  const reloader = new Reloader(directory);
  const names = services.map(({ name }) => name);
  const logs = selectServices(filter.services, names).map((name) => ({
    name,
    file: new LogFile(join(directory, "logs"), name),
  }));
  for (const { file } of logs) file.skipToEnd();
  const style = { colours, nameWidth: Math.max(...services.map(({ name }) => name.length)) };
  const follow = () => {
    const records = logs.flatMap(({ name, file }) =>
      // What a version says that does not start is told at once, as one block.
      file
        .readAdded()
        .filter((record) => filter.matches(record) && (record.startsRecord || !reloader.isReloading(name))),
    );
    for (const record of records.toSorted((a, b) => a.time - b.time)) console.log(renderRecord(record, style));
  };

  const reload = async (why: string, files: readonly string[] = []) => {
    try {
      await Promise.all(
        reloader.reload(files).map(async ({ service, result }) => {
          const done = await result;
          follow();
          reloader.markReported(service.name);
          if (done?.failure !== undefined)
            console.log(`${colourize(`✖ ${service.name}`, RED, colours)} ${why}\n${done.failure.replace(/^/gm, "  ")}`);
          else if (done)
            console.log(
              `${colourize(`↻ ${service.name}`, GREEN, colours)} ${why}: serves after ${Math.round(done.ms)} ms`,
            );
        }),
      );
    } catch (error) {
      console.log(`${colourize("✖", RED, colours)} ${(error as Error).message}`);
    }
  };

  let reloads: Promise<unknown> = Promise.resolve();
  const folders = new Set(
    services.flatMap(({ folder, standalone }) => (standalone ? [folder] : [folder, "services/kit", "schemas"])),
  );
  const watch = new FolderWatcher(root, [...folders], (files) => {
    // What an editor has written aside and moved is gone by now.
    const there = files.filter((file) => existsSync(file));
    const names = (there.length > 0 ? there : files).map((file) => relative(root, file));
    for (const name of names.filter(requiresUp))
      console.log(`${colourize(`! ${name}`, YELLOW, colours)}: 'make up' brings the rest of the stack to it`);
    const why = names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
    reloads = Promise.all([reloads, reload(why, files)]);
  });
  console.log(
    `${colourize("make dev", BOLD, colours)} follows ${names.join(", ")}: edit, save, ask. Ctrl-C ends this, not the stack.`,
  );
  const absent = names.filter((name) => !readProcessRecords(directory).some((record) => record.name === name));
  for (const name of absent)
    console.log(`${colourize(`! ${name}`, YELLOW, colours)} does not run in this stack yet: 'make up' starts it`);
  await reload("sources changed since it was started");
  const timer = setInterval(follow, POLL_MS);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
  clearInterval(timer);
  watch.close();
  // What was saved before Ctrl-C is live when this ends; another Ctrl-C does not wait for it.
  await reloads;
  follow();
  return 0;
});

/**
 * Descriptors, tables and schemas are more than a service's code: the engine brings them in, in
 * order and checked.
 */
function requiresUp(file: string): boolean {
  return /(^|\/)plinth\.json$|\/migrations\/[^/]+\.sql$|^schemas\/([^/]+\.avsc|catalog\.ts)$/.test(file);
}

async function requireProcessStack(stack: string): Promise<string> {
  const { location } = await readStackOutputs(stack);
  if ("directory" in location) return location.directory;
  throw new Error(
    `Stack '${stack}' is in namespace ${location.namespace} of cluster ${location.context}: 'make up STACK=${stack}' builds an image of each service whose sources changed, and rolls it out`,
  );
}
