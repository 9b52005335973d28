import { randomBytes } from "node:crypto";
import { example, type Source } from "./example.ts";
import type { SentRequest } from "./http.ts";
import { keyOf, type Operation, type Parameter } from "./openapi.ts";

/** How a request fills an operation. */
export interface RequestShape {
  /** Whether optional fields and parameters are filled. */
  optional: boolean;
  /** Whether a new resource gets the id of an existing one. */
  ownId: boolean;
  /** Whether texts are JSON, for a field that holds JSON. */
  json: boolean;
}

/** Ids by the name that refers to them, such as `user_id`. */
export type IdsByName = Map<string, unknown>;

/** Fills requests with texts and large numbers that are recognizable as this actor's. */
export class Requester {
  readonly tenant: number;
  /** Part of every text of this actor; lower case, because an address may lose its case. */
  readonly marker = `z${randomBytes(4).toString("hex")}`;
  /** Prefix of the correlation id of each request, by which events are attributed to it. */
  readonly correlationPrefix = `of-${randomBytes(4).toString("hex")}.`;
  /** Large numbers that this actor has used. */
  readonly numbers = new Set<number>();
  private texts = 0;
  private next: number;

  /**
   * @param from the first number; later ones are smaller, so that deposits cover later withdrawals
   */
  constructor(tenant: number, from: number) {
    this.tenant = tenant;
    this.next = from;
  }

  /**
   * Returns undefined if a path needs an id that does not exist yet.
   * @param replayed headers to repeat
   */
  request(
    operation: Operation,
    ids: IdsByName,
    shape: RequestShape,
    replayed: SentRequest["headers"] = [],
  ): SentRequest | undefined {
    const refer = (name: string) => ids.get(name) ?? [...ids].find(([key]) => name.endsWith(`_${key}`))?.[1];
    let path = operation.path;
    for (const { name } of parametersIn(operation, "path", true)) {
      const id = refer(keyOf(operation, name));
      if (id === undefined) return undefined;
      path = path.replace(`{${name}}`, encodeURIComponent(String(id)));
    }
    const source = this.source(shape, (name) => (shape.ownId || !isOwn(operation, name) ? refer(name) : undefined));
    const query = parametersIn(operation, "query", shape.optional).map(({ name, schema }): [string, string] => [
      name,
      String(example(schema, { ...source, integer: (min) => Math.max(min, 1) }, name)),
    ]);
    const headers = parametersIn(operation, "header", shape.optional)
      .filter(({ name }) => name.toLowerCase() !== "x-tenant-id")
      .map(({ name, schema }) => {
        const given = replayed.find(([key]) => key === name.toLowerCase());
        return given ?? ([name.toLowerCase(), String(example(schema, source, name))] as const);
      });
    const body = operation.body && JSON.stringify(example(operation.body, source));
    return {
      method: operation.method,
      path: query.length === 0 ? path : `${path}?${new URLSearchParams(query)}`,
      headers: [
        ["x-tenant-id", String(this.tenant)],
        ...headers,
        ...(body === undefined ? [] : [["content-type", "application/json"] as const]),
      ],
      body,
    };
  }

  private source({ optional, json }: RequestShape, known: Source["known"]): Source {
    return {
      optional,
      known,
      text: (min, max) => {
        const text = `${this.marker}x${(this.texts++).toString(36)}`;
        const full = json && max > 40 ? JSON.stringify({ text }) : text;
        return full.padEnd(min, "x").slice(0, max);
      },
      integer: (min, max) => {
        if (this.next < min || this.next > max) return min;
        this.numbers.add(this.next);
        this.next -= 1009;
        return this.next + 1009;
      },
    };
  }
}

/** Whether a field of a creating request is the new resource's id. */
function isOwn({ method, resource }: Operation, name: string): boolean {
  return method === "POST" && (name === "id" || name === `${resource}_id`);
}

function parametersIn({ parameters }: Operation, place: Parameter["in"], optional: boolean): Parameter[] {
  return parameters.filter((one) => one.in === place && (optional || one.required));
}
