/**
 * Ends the provider host when its engine is gone: an engine killed by SIGKILL cannot stop its
 * plugins. What the host has started in the supervisor goes on.
 */
const enginePid = process.ppid;

export const orphanTimer = setInterval(() => {
  if (process.ppid !== enginePid) process.exit(1);
}, 500).unref();
