import { connect } from "node:net";

/** Milliseconds between two looks at the engine. */
const INTERVAL_MS = 500;

/**
 * Ends this process, the program or its provider host, as soon as its engine is gone: an engine
 * killed by SIGKILL ends neither. What a host has started in the supervisor goes on. Importing the
 * module starts the watch, but not in a process that no engine started: a test, `make render` or a
 * program of Pulumi's Automation API runs on without the shell that it was started from.
 */
function endWithEngine(): void {
  if (!isStartedByEngine(process.argv)) return;
  // The SDK reports an error of a broken output on that output, and so for ever.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => process.exit(1));
  const parentPid = process.ppid;
  const engine = engineAddress(process.env.PULUMI_NODEJS_ENGINE);
  let isProbing = false;
  setInterval(() => {
    if (process.ppid !== parentPid) process.exit(1);
    if (engine === undefined || isProbing) return;
    isProbing = true;
    // A short connection: the engine would wait for an open one when it ends.
    const socket = connect(engine).unref();
    socket.once("connect", () => socket.destroy());
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") process.exit(1);
    });
    socket.once("close", () => {
      isProbing = false;
    });
  }, INTERVAL_MS).unref();
}

/**
 * Where the engine listens for its program, whose parent is the language host: that outlives a
 * killed engine by minutes. Undefined for the provider host, a child of the engine.
 *
 * @param value of the variable that the SDK sets: it takes its own arguments from `process.argv`
 */
export function engineAddress(value = ""): { host: string; port: number } | undefined {
  const [, host, port] = /^(.+):(\d+)$/.exec(value) ?? [];
  return host === undefined ? undefined : { host, port: Number(port) };
}

/** Whether this process is the SDK's for a program, or its provider host. */
export const isStartedByEngine = ([, script = ""]: readonly string[]): boolean =>
  /[/\\]cmd[/\\](run|dynamic-provider)([/\\]|$)/.test(script);

endWithEngine();
