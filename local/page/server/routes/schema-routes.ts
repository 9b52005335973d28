import type { SchemaText } from "../../model/api.ts";
import { PageError } from "../../model/page-error.ts";
import type { SchemaSource } from "../../model/sources.ts";
import { readJsonObject } from "../http/json-body.ts";
import type { Route } from "../http/router.ts";

const MAX_SCHEMA_BYTES = 1 << 20;

export function createSchemaRoutes(schemas: SchemaSource): Route[] {
  return [
    { method: "GET", path: "/api/schemas", handle: () => schemas.list() },
    {
      method: "GET",
      path: "/api/schemas/:subject/:version",
      handle: async ({ path }): Promise<SchemaText> => {
        const version = Number(path.version);
        if (!Number.isInteger(version) || version < 1)
          throw new PageError(400, `A version is a whole number of at least 1, not '${path.version}'`);
        return { schema: await schemas.version(path.subject!, version) };
      },
    },
    {
      // It changes nothing, and so needs no token.
      method: "POST",
      path: "/api/schemas/:subject/compatibility",
      handle: async ({ path, http }) => {
        const { schema } = await readJsonObject(http, MAX_SCHEMA_BYTES);
        if (typeof schema !== "string") throw new PageError(400, "schema must be the text of an Avro schema");
        return schemas.tryOut(path.subject!, schema);
      },
    },
  ];
}
