import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../../../locations.ts";
import type { RunbookText } from "../../model/api.ts";
import { PageError } from "../../model/page-error.ts";
import type { Route } from "../http/router.ts";

/** The pages below docs/runbooks, as Markdown. */
export function createRunbookRoutes(): Route[] {
  return [
    {
      method: "GET",
      path: "/api/runbooks/:name",
      handle: async ({ path: { name = "" } }): Promise<RunbookText> => {
        // Letters, digits and dashes alone: no path leads out of the folder.
        const text = /^[a-z\d-]+$/.test(name)
          ? await readFile(join(root, "docs/runbooks", `${name}.md`), "utf8").catch(() => undefined)
          : undefined;
        if (text === undefined) throw new PageError(404, `There is no runbook '${name}' in docs/runbooks`);
        return { text };
      },
    },
  ];
}
