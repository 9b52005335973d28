/**
 * Ends the provider host when the engine that started it is gone: an engine killed by SIGKILL
 * cannot tell its plugins. What the host has asked of the supervisor goes on there.
 */
const enginePid = process.ppid;

export const orphanTimer = setInterval(() => {
  if (process.ppid !== enginePid) process.exit(1);
}, 500).unref();
