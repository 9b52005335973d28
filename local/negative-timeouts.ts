let silenced = false;

/**
 * kafkajs 2.2.4 hands setTimeout a time in the past, which means "at once", as it should; Node 24
 * warns of it each time, in the middle of a plan or of a log. Only that warning is dropped.
 * Services have the same in the kit: their images hold nothing of this folder.
 */
export function silenceNegativeTimeoutWarnings(): void {
  if (silenced) return;
  silenced = true;
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]) => {
    if (args[1] !== "TimeoutNegativeWarning") emit(...args);
  };
}
