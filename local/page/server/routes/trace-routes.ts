import { MAX_LINES, type Trace, type TraceList } from "../../model/api.ts";
import { PageError } from "../../model/page-error.ts";
import type { PageSources } from "../../model/sources.ts";
import type { ImportedSets } from "../archive/imported-sets.ts";
import { optionalText, parseTraceFilter, traceLimit } from "../http/parameters.ts";
import type { Route } from "../http/router.ts";

const TRACE_ID = /^[0-9a-f]{32}$/;

export function createTraceRoutes(live: Pick<PageSources, "traces" | "logs">, imported: ImportedSets): Route[] {
  const sourcesFor = (query: URLSearchParams) => {
    const data = optionalText(query, "data");
    return data === undefined ? live : imported.get(data);
  };
  return [
    {
      method: "GET",
      path: "/api/traces",
      handle: async ({ query }): Promise<TraceList> => ({
        traces: await sourcesFor(query).traces.search(parseTraceFilter(query), traceLimit(query)),
      }),
    },
    {
      method: "GET",
      path: "/api/traces/:id",
      handle: async ({ path, query }): Promise<Trace> => {
        const id = path.id!.toLowerCase();
        if (!TRACE_ID.test(id)) throw new PageError(400, "A trace's id is 32 hexadecimal digits");
        const { traces, logs } = sourcesFor(query);
        const [spans, { lines }] = await Promise.all([traces.get(id), logs.query({ traceId: id }, MAX_LINES)]);
        if (spans.length + lines.length === 0)
          throw new PageError(404, `Neither a span nor a line of trace ${id} is in the store`);
        return { spans, lines: lines.reverse() };
      },
    },
  ];
}
