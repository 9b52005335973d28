import type { LogSource } from "../../model/sources.ts";
import type { ImportedSets } from "../archive/imported-sets.ts";
import { EventStream } from "../http/event-stream.ts";
import { lineLimit, optionalText, parseLogFilter } from "../http/parameters.ts";
import type { Route } from "../http/router.ts";

export function createLogRoutes(live: LogSource, imported: ImportedSets): Route[] {
  return [
    {
      method: "GET",
      path: "/api/logs",
      handle: ({ query }) => {
        const data = optionalText(query, "data");
        const source = data === undefined ? live : imported.get(data).logs;
        return source.query(parseLogFilter(query), lineLimit(query), optionalText(query, "before"));
      },
    },
    {
      method: "GET",
      path: "/api/logs/stream",
      deadlineMs: 0,
      handle: ({ query, response }) => {
        const filter = parseLogFilter(query);
        return new EventStream(response).pipe("lines", (signal) => live.follow(filter, signal));
      },
    },
  ];
}
