/** Topics that the broker refused, and until when the relay leaves each alone. */
export interface TopicBackoff {
  readonly size: number;
  /** Topics that must wait now. */
  waiting(): string[];
  /** Lets a refused topic wait, each time twice as long. */
  refuse(topic: string): void;
  clear(topic: string): void;
}

/** Each attempt at a refused topic delays what other topics publish meanwhile. */
const BACKOFF_MS = { first: 1000, max: 30_000 };

export function createTopicBackoff(): TopicBackoff {
  const backoffs = new Map<string, { until: number; ms: number }>();
  return {
    get size() {
      return backoffs.size;
    },
    waiting() {
      const now = performance.now();
      return [...backoffs].filter(([, { until }]) => until > now).map(([topic]) => topic);
    },
    refuse(topic) {
      const ms = Math.min((backoffs.get(topic)?.ms ?? BACKOFF_MS.first / 2) * 2, BACKOFF_MS.max);
      backoffs.set(topic, { until: performance.now() + ms, ms });
    },
    clear: (topic) => void backoffs.delete(topic),
  };
}
