import swagger from "@fastify/swagger";
import type { RouteOptions } from "fastify";
import { kitCodes } from "../core/errors.ts";
import { nodeHttp } from "../core/node-http.ts";
import type { HttpServer } from "./fastify.ts";
import { MAX_KEY_CHARS, MUTATING_METHODS, REPLAYED_HEADER } from "./idempotency.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Statuses of the refusals that only this route has, such as 404 and 409. @default none */
    refusals?: readonly number[];
    /** Whether requests name a tenant; set by `requireTenant`. @default "none" */
    tenant?: "required" | "optional" | "none";
  }
}

export interface ApiDescription {
  title: string;
  description: string;
  version: string;
}

/** What fastify's plugin makes of the routes, as far as it is completed here. */
interface Document {
  info: Record<string, unknown>;
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, unknown> };
  [field: string]: unknown;
}

interface Operation {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: unknown;
  responses?: Record<string, object>;
}

interface Parameter {
  name: string;
  in: string;
  schema: { documentedAs?: unknown };
}

/**
 * Refusals of every route: malformed, late, with an expectation, for another host, too many, too
 * large a head, failed, dependency away.
 */
const COMMON_REFUSALS = [400, 408, 417, 421, 429, 431, 500, 503];
/** Refusals of every route that takes a body: too large, or of another type. */
const BODY_REFUSALS = [413, 415];
/** The refusal of every route that takes an Idempotency-Key: it was another request's. */
const KEY_REFUSAL = 422;

const ERROR_SCHEMA = {
  type: "object",
  description: "The answer to every refused or failed request",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message", "correlation_id"],
      properties: {
        code: { type: "string", description: "One of a closed set, such as invalid_request" },
        message: { type: "string", description: "One sentence for the person who made the request" },
        details: {
          type: "array",
          description: "The parts of the request that are at fault",
          items: {
            type: "object",
            required: ["path", "message"],
            properties: { path: { type: "string" }, message: { type: "string" } },
          },
        },
        correlation_id: { type: "string", description: "Finds the request in the service's log" },
      },
    },
  },
};

const tenantParameter = (required: boolean) => ({
  name: "X-Tenant-Id",
  in: "header",
  required,
  description: required ? "The tenant's number" : "The tenant's number; the service's default tenant without it",
  schema: { type: "integer", format: "int64", minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
});

const KEY_PARAMETER = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: `A repeated request with the same key gets the first answer, with the header ${REPLAYED_HEADER}`,
  schema: { type: "string", minLength: 1, maxLength: MAX_KEY_CHARS, pattern: "^[!#-~]([ !#-~]*[!#-~])?$" },
};

/**
 * Describes the routes that are added from now on as OpenAPI 3.0, at `/openapi.json`. What all
 * routes have in common is added here and not to their schemas, which would validate it once more.
 */
export async function addOpenApi(server: HttpServer, { title, description, version }: ApiDescription): Promise<void> {
  const routes = new Map<string, RouteOptions>();
  server.addHook("onRoute", (route) => {
    for (const method of [route.method].flat()) routes.set(operationKey(method, toTemplate(route.url)), route);
  });
  await server.register(swagger, {
    openapi: {
      openapi: "3.0.3",
      info: {
        title,
        description,
        version,
        contact: { name: title },
        license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
      },
      servers: [{ url: "/", description: "The server that answered with this document" }],
      // The platform's gateway authenticates; a service itself asks for no credentials.
      security: [],
    },
    transformObject: (documents) =>
      completeDocument(("openapiObject" in documents ? documents.openapiObject : {}) as Document, routes) as never,
  });
  server.get("/openapi.json", { schema: { hide: true } }, () => server.swagger());
}

function completeDocument(document: Document, routes: ReadonlyMap<string, RouteOptions>): Document {
  const tags = new Set<string>();
  const paths = Object.entries(document.paths).map(([path, operations]) => {
    const complete = Object.entries(operations).map(([method, operation]) => {
      const tag = resourceOf(path);
      tags.add(tag);
      const route = routes.get(operationKey(method, path));
      return [method, completeOperation(operation, method.toUpperCase(), path, tag, route)];
    });
    return [path, Object.fromEntries(complete)];
  });
  return {
    ...document,
    tags: [...tags].sort().map((name) => ({ name, description: `The resource ${name}` })),
    paths: Object.fromEntries(paths),
    components: { ...document.components, schemas: { ...document.components?.schemas, Error: ERROR_SCHEMA } },
  };
}

function completeOperation(
  operation: Operation,
  method: string,
  path: string,
  tag: string,
  route: RouteOptions | undefined,
): Operation {
  const { tenant = "none", refusals = [] } = route?.config ?? {};
  const takesKey = MUTATING_METHODS.has(method) && tenant !== "none";
  const statuses = [
    ...COMMON_REFUSALS,
    ...(operation.requestBody === undefined ? [] : BODY_REFUSALS),
    ...(takesKey ? [KEY_REFUSAL] : []),
    ...refusals,
  ];
  return {
    operationId: operationName(method, path),
    ...operation,
    description: operation.description ?? `${operation.summary ?? operationName(method, path)}.`,
    tags: operation.tags ?? [tag],
    parameters: [
      ...(operation.parameters ?? []).map((parameter) => ({
        ...parameter,
        schema: (parameter.schema.documentedAs ?? parameter.schema) as Parameter["schema"],
      })),
      ...(tenant === "none" ? [] : [tenantParameter(tenant === "required")]),
      ...(takesKey ? [KEY_PARAMETER] : []),
    ] as Parameter[],
    responses: {
      ...Object.fromEntries(
        Object.entries(operation.responses ?? {}).map(([status, response]) => [status, describe(status, response)]),
      ),
      ...Object.fromEntries([...new Set(statuses)].map((status) => [status, errorResponse(status)])),
    },
  };
}

/** Replaces the text that the plugin has for every answer. */
function describe(status: string, response: object): object {
  const { description } = response as { description?: string };
  return description === "Default Response" ? { ...response, description: nodeHttp.STATUS_CODES[status] } : response;
}

function errorResponse(status: number): object {
  const codes = Object.entries(kitCodes).filter(([, one]) => one === status);
  return {
    description: codes.length === 0 ? "Refused" : `Refused: ${codes.map(([code]) => code).join(", ")}`,
    content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
  };
}

/** `POST /api/v1/accounts/{account_id}/deposits` is `postAccountsByAccountIdDeposits`. */
function operationName(method: string, path: string): string {
  const words = segmentsOf(path).map((segment) => segment.replace(/^\{(.*)\}$/, "by_$1"));
  return [method.toLowerCase(), ...words]
    .join("_")
    .replace(/[^A-Za-z0-9]+(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** `accounts` of `/api/v1/accounts/{account_id}`. */
function resourceOf(path: string): string {
  return segmentsOf(path)[0] ?? "root";
}

function segmentsOf(path: string): string[] {
  return path
    .replace(/^\/api\/v\d+/, "")
    .split("/")
    .filter(Boolean);
}

const operationKey = (method: string, path: string) => `${method.toUpperCase()} ${path}`;

/** fastify's `:id` as OpenAPI's `{id}`. */
function toTemplate(url: string): string {
  return url.replace(/:(\w+)/g, "{$1}");
}
