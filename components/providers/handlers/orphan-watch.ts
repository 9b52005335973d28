/**
 * Ends the provider host when the engine that started it is gone: an engine killed by SIGKILL cannot tell its plugins.
 * What the host has asked of the supervisor goes on there.
 */
const engine = process.ppid;

export const watch = setInterval(() => {
  if (process.ppid !== engine) process.exit(1);
}, 500).unref();
