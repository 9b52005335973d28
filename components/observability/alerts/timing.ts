/** How quickly alerts notice, and how long they remember. */
export interface AlertTiming {
  /** Window of rates: at least four scrapes. */
  window: string;
  /** How long an event, such as a dead letter, keeps its alert. */
  memory: string;
  /** Longest time, in seconds, that a condition must hold before its alert fires. */
  maxForSeconds: number;
}

/** Scraped every 30 seconds; a rollout's short gaps wake no one. */
export const clusterTiming: AlertTiming = {
  window: "5m",
  memory: "15m",
  maxForSeconds: Number.POSITIVE_INFINITY,
};

/**
 * On one machine, scraped every 5 seconds, the person who broke something is watching: alerts fire
 * within 15 seconds of their condition and resolve within a minute of its end.
 */
export const localTiming: AlertTiming = { window: "30s", memory: "1m", maxForSeconds: 15 };
