import { stopServers } from "./servers/servers.ts";

/** Stopping all servers of a busy machine takes less. */
const SECONDS_TO_END = 120;

/** Whatever a test file started is stopped once all of them are done. */
export const mochaHooks = {
  afterAll(): Promise<void> {
    endInTime();
    return stopServers();
  },
};

/**
 * A process, a server or a socket that a test left open would keep mocha alive for ever. It is
 * named, and fails the run.
 */
function endInTime(): void {
  const timer = setTimeout(() => {
    const open = process.getActiveResourcesInfo().filter((name) => name !== "Timeout" && name !== "TTYWrap");
    console.error(`The tests are done, but this stays open and keeps mocha alive: ${open.join(", ") || "a timer"}`);
    // Mocha sets the code of its own count in such a listener: this one comes after it.
    process.once("exit", () => {
      process.exitCode = process.exitCode || 1;
    });
    process.exit(1);
  }, SECONDS_TO_END * 1000);
  timer.unref();
}
