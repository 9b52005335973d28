import { pipeline } from "node:stream/promises";
import { readBody } from "../../../collector/http/body.ts";
import type { PageSources } from "../../model/sources.ts";
import { exportParts, MAX_FILE_BYTES } from "../archive/export-stream.ts";
import type { ImportedSets } from "../archive/imported-sets.ts";
import { optionalText, parseLogFilter } from "../http/parameters.ts";
import type { Route } from "../http/router.ts";

const DEFAULT_RANGE_MS = 3_600_000;

export function createArchiveRoutes(sources: PageSources, imported: ImportedSets): Route[] {
  return [
    {
      method: "GET",
      path: "/api/export",
      deadlineMs: 0,
      handle: async ({ query, response }) => {
        const filter = { from: Date.now() - DEFAULT_RANGE_MS, ...parseLogFilter(query) };
        const { stack } = await sources.summary();
        const parts = exportParts(stack, sources, filter);
        const first = await parts.next();
        const time = new Date().toISOString().slice(0, 19).replaceAll(":", "");
        response.writeHead(200, {
          "content-type": "application/json; charset=utf-8",
          "content-disposition": `attachment; filename="${stack.replace(/[^\w.-]/g, "_")}-${time}.json"`,
        });
        response.write(first.value);
        // A source that fails now cuts the file off, which the browser reports.
        await pipeline(parts, response);
      },
    },
    { method: "GET", path: "/api/imports", handle: () => imported.list() },
    {
      method: "POST",
      path: "/api/imports",
      changes: true,
      deadlineMs: 60_000,
      handle: async ({ query, http }) => {
        const content = await readBody(http, MAX_FILE_BYTES);
        return imported.open(optionalText(query, "name") ?? "import.json", content.toString());
      },
    },
    {
      method: "DELETE",
      path: "/api/imports/:id",
      changes: true,
      handle: ({ path }) => {
        imported.close(path.id!);
        return {};
      },
    },
  ];
}
