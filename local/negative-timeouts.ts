let silenced = false;

/**
 * Drops Node 24's warning about negative timeouts, and no other. kafkajs 2.2.4 passes setTimeout a
 * time in the past for "at once", and the warning would appear in the middle of a plan or a log.
 * The kit has the same function, because the images of services do not hold this folder.
 */
export function silenceNegativeTimeoutWarnings(): void {
  if (silenced) return;
  silenced = true;
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]) => {
    if (args[1] !== "TimeoutNegativeWarning") emit(...args);
  };
}
