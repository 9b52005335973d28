import type { PageSources } from "@plinth/local/page/model/sources.ts";
import { UserError } from "@plinth/local/user-error.ts";

const away = () => Promise.reject(new UserError("The store does not answer"));

async function* nothing(): AsyncGenerator<never> {}

/** Sources of an empty stack, of which a test gives those that it is about. */
export function stubSources(given: Partial<PageSources> = {}): PageSources {
  return {
    summary: async () => ({ stack: "test", runtime: "process", readOnly: false, unavailable: {} }),
    dashboards: [],
    resources: { list: async () => [], act: async () => undefined, console: async () => "", followConsole: nothing },
    logs: { query: async () => ({ lines: [] }), follow: nothing },
    traces: { search: async () => [], get: async () => [], services: async () => [] },
    metrics: { range: away, exemplars: away, labelValues: away },
    alerts: { list: async () => [] },
    topics: { list: away, partitions: away, records: away },
    schemas: { list: away, version: away, tryOut: away },
    tenants: { list: away },
    ...given,
  };
}
