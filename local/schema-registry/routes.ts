import { createCompatibilityOperations } from "./compatibility.ts";
import { createDeletionOperations } from "./deletion.ts";
import { errors } from "./errors.ts";
import {
  booleanParameter,
  paginate,
  pathParameter,
  subjectParameter,
  subjectPrefix,
  versionFilter,
} from "./parameters.ts";
import { toVersionResponse } from "./records.ts";
import { createSchemaOperations } from "./schemas.ts";
import { createSettingsOperations } from "./settings.ts";
import type { RegistryStore } from "./store.ts";
import { createSubjectOperations } from "./subjects.ts";
import { requireVersion } from "./versions.ts";

export interface RouteRequest {
  /** Decoded segments of the path, in the order of the pattern's `*`. */
  pathParameters: string[];
  query: URLSearchParams;
  /** The JSON object of a POST or PUT. */
  body: Record<string, unknown>;
}

/** An answer that is not serialized as JSON, such as a schema. */
export class TextResponse {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export interface Route {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path with `*` for each segment that varies. */
  path: string;
  handle: (request: RouteRequest) => unknown;
}

/** The REST API of Confluent's registry, for Avro and the default context. */
export function createRoutes(store: RegistryStore): Route[] {
  return [
    ...serviceRoutes(),
    ...subjectRoutes(store),
    ...versionRoutes(store),
    ...schemaRoutes(store),
    ...compatibilityRoutes(store),
    ...settingRoutes(store, "config", { get: "config", set: "setConfig", remove: "deleteConfig" }),
    ...settingRoutes(store, "mode", { get: "mode", set: "setMode", remove: "deleteMode" }),
  ];
}

function serviceRoutes(): Route[] {
  return [
    { method: "GET", path: "/", handle: () => ({}) },
    { method: "GET", path: "/health", handle: () => ({ status: "UP" }) },
    { method: "GET", path: "/contexts", handle: () => ["."] },
    { method: "GET", path: "/schemas/types", handle: () => ["AVRO"] },
  ];
}

function subjectRoutes(store: RegistryStore): Route[] {
  const { lookUp } = createSubjectOperations(store);
  const { deleteSubject } = createDeletionOperations(store);
  return [
    {
      method: "GET",
      path: "/subjects",
      handle: ({ query }) => {
        const prefix = subjectPrefix(query);
        return paginate(
          store.state.subjects(versionFilter(query)).filter((subject) => subject.startsWith(prefix)),
          query,
        );
      },
    },
    {
      method: "POST",
      path: "/subjects/*",
      handle: ({ pathParameters, query, body }) =>
        toVersionResponse(
          lookUp(
            {
              subject: subjectParameter(pathParameters),
              request: body,
              normalize: booleanParameter(query, "normalize"),
            },
            booleanParameter(query, "deleted"),
          ),
        ),
    },
    {
      method: "DELETE",
      path: "/subjects/*",
      handle: ({ pathParameters, query }) =>
        deleteSubject(subjectParameter(pathParameters), booleanParameter(query, "permanent")),
    },
  ];
}

function versionRoutes(store: RegistryStore): Route[] {
  const { register } = createSubjectOperations(store);
  const { deleteVersion } = createDeletionOperations(store);
  const version = ({ pathParameters, query }: RouteRequest) =>
    requireVersion(
      store.state,
      subjectParameter(pathParameters),
      pathParameter(pathParameters, 1),
      booleanParameter(query, "deleted"),
    );
  return [
    {
      method: "GET",
      path: "/subjects/*/versions",
      handle: ({ pathParameters, query }) => {
        const subject = subjectParameter(pathParameters);
        if (store.state.versions(subject, versionFilter(query) === "live" ? "live" : "all").length === 0)
          throw errors.subjectNotFound(subject);
        return paginate(
          store.state.versions(subject, versionFilter(query)).map((value) => value.version),
          query,
        );
      },
    },
    {
      method: "POST",
      path: "/subjects/*/versions",
      handle: ({ pathParameters, query, body }) =>
        register({
          subject: subjectParameter(pathParameters),
          request: body,
          normalize: booleanParameter(query, "normalize"),
        }),
    },
    { method: "GET", path: "/subjects/*/versions/*", handle: (request) => toVersionResponse(version(request)) },
    {
      method: "GET",
      path: "/subjects/*/versions/*/schema",
      handle: (request) => new TextResponse(version(request).schema),
    },
    {
      method: "GET",
      path: "/subjects/*/versions/*/referencedby",
      handle: (request) => {
        const version = requireVersion(
          store.state,
          subjectParameter(request.pathParameters),
          pathParameter(request.pathParameters, 1),
          true,
        );
        const by = store.state
          .referencedBy(version.subject, version.version)
          .filter((value) => booleanParameter(request.query, "deleted") || !value.deleted);
        return paginate([...new Set(by.map(({ id }) => id))], request.query);
      },
    },
    {
      method: "DELETE",
      path: "/subjects/*/versions/*",
      handle: ({ pathParameters, query }) =>
        deleteVersion(
          subjectParameter(pathParameters),
          pathParameter(pathParameters, 1),
          booleanParameter(query, "permanent"),
        ),
    },
  ];
}

function schemaRoutes(store: RegistryStore): Route[] {
  const { byId, versionsOf, list } = createSchemaOperations(store);
  return [
    {
      method: "GET",
      path: "/schemas",
      handle: ({ query }) =>
        paginate(
          list(subjectPrefix(query), booleanParameter(query, "deleted"), booleanParameter(query, "latestOnly")).map(
            toVersionResponse,
          ),
          query,
        ),
    },
    {
      method: "GET",
      path: "/schemas/ids/*",
      handle: ({ pathParameters, query }) =>
        byId(pathParameter(pathParameters, 0), booleanParameter(query, "fetchMaxId")),
    },
    {
      method: "GET",
      path: "/schemas/ids/*/schema",
      handle: ({ pathParameters }) => new TextResponse(byId(pathParameter(pathParameters, 0), false).schema),
    },
    {
      method: "GET",
      path: "/schemas/ids/*/subjects",
      handle: ({ pathParameters, query }) =>
        paginate(
          [
            ...new Set(
              versionsOf(pathParameter(pathParameters, 0), booleanParameter(query, "deleted")).map(
                ({ subject }) => subject,
              ),
            ),
          ].sort(),
          query,
        ),
    },
    {
      method: "GET",
      path: "/schemas/ids/*/versions",
      handle: ({ pathParameters, query }) =>
        paginate(versionsOf(pathParameter(pathParameters, 0), booleanParameter(query, "deleted")), query),
    },
  ];
}

function compatibilityRoutes(store: RegistryStore): Route[] {
  const { check } = createCompatibilityOperations(store);
  const run = ({ pathParameters, query, body }: RouteRequest) =>
    check(
      subjectParameter(pathParameters),
      pathParameters[1],
      body,
      booleanParameter(query, "normalize"),
      booleanParameter(query, "verbose"),
    );
  return [
    { method: "POST", path: "/compatibility/subjects/*/versions", handle: run },
    { method: "POST", path: "/compatibility/subjects/*/versions/*", handle: run },
  ];
}

function settingRoutes<
  G extends "config" | "mode",
  S extends "setConfig" | "setMode",
  R extends "deleteConfig" | "deleteMode",
>(store: RegistryStore, noun: string, names: { get: G; set: S; remove: R }): Route[] {
  const { [names.get]: get, [names.set]: set, [names.remove]: remove } = createSettingsOperations(store);
  // As in the original, `:.:` alone means the global setting.
  const subject = ({ pathParameters }: RouteRequest) =>
    pathParameters.length === 0 ? null : subjectParameter(pathParameters) || null;
  return [`/${noun}`, `/${noun}/*`].flatMap((path): Route[] => [
    {
      method: "GET",
      path,
      handle: (request) => get(subject(request), booleanParameter(request.query, "defaultToGlobal")),
    },
    {
      method: "PUT",
      path,
      handle: (request) => set(subject(request), request.body, booleanParameter(request.query, "force")),
    },
    { method: "DELETE", path, handle: (request) => remove(subject(request)) },
  ]);
}
