import type { ConsoleText } from "../../model/api.ts";
import { PageError } from "../../model/page-error.ts";
import type { ResourceSource } from "../../model/sources.ts";
import { EventStream } from "../http/event-stream.ts";
import { optionalWhole } from "../http/parameters.ts";
import type { Route } from "../http/router.ts";
import { ResourceWatch } from "./resource-watch.ts";

const CONSOLE_BYTES = 65_536;
const MAX_CONSOLE_BYTES = 1 << 20;
const ACTIONS = ["start", "stop", "restart"] as const;
/** A process may need its whole readiness timeout to start. */
const ACTION_DEADLINE_MS = 120_000;

export function createResourceRoutes(resources: ResourceSource): Route[] {
  const watch = new ResourceWatch(resources);
  const consoleBytes = (query: URLSearchParams) => optionalWhole(query, "bytes", 1, MAX_CONSOLE_BYTES) ?? CONSOLE_BYTES;
  return [
    { method: "GET", path: "/api/resources", handle: () => resources.list() },
    {
      method: "GET",
      path: "/api/resources/stream",
      deadlineMs: 0,
      handle: ({ response }) => new EventStream(response).pipe("resources", (signal) => watch.follow(signal)),
    },
    {
      method: "GET",
      path: "/api/resources/:name/console",
      handle: async ({ path, query }): Promise<ConsoleText> => ({
        text: await resources.console(path.name!, consoleBytes(query)),
      }),
    },
    {
      method: "GET",
      path: "/api/resources/:name/console/stream",
      deadlineMs: 0,
      handle: ({ path, query, response }) => {
        let bytes = consoleBytes(query);
        return new EventStream(response).pipe("text", (signal) => {
          const text = resources.followConsole(path.name!, bytes, signal);
          // After a failure, what was sent is not sent again.
          bytes = 0;
          return text;
        });
      },
    },
    ...ACTIONS.map(
      (action): Route => ({
        method: "POST",
        path: `/api/resources/:name/${action}`,
        changes: true,
        deadlineMs: ACTION_DEADLINE_MS,
        handle: async ({ path }) => {
          if (!resources.act)
            throw new PageError(403, "This page only shows a cluster: change it with kubectl or 'make up'");
          await resources.act(path.name!, action);
          watch.refresh();
          return {};
        },
      }),
    ),
  ];
}
