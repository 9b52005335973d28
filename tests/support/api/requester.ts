import { randomBytes } from "node:crypto";
import { example, type Source } from "./example.ts";
import type { SentRequest } from "./http.ts";
import { keyOf, type Operation, type Parameter } from "./openapi.ts";

/** How a request is made of an operation. */
export interface RequestShape {
  /** With fields and parameters that may be left out. */
  optional: boolean;
  /** Whether what is made is given the id of what exists already. */
  ownId: boolean;
  /** Texts are JSON, for a field that holds some. */
  json: boolean;
}

/** Ids by what refers to them, such as `user_id`. */
export type IdsByName = Map<string, unknown>;

/** Who fills requests: each text and each large number is recognizably this actor's own. */
export class Requester {
  readonly tenant: number;
  /**
   * What every text of this actor holds; lower case, so that an address in which case is dropped
   * still does.
   */
  readonly marker = `z${randomBytes(4).toString("hex")}`;
  /**
   * Begins the correlation id of each of its requests: an event can be led back to who asked for
   * it.
   */
  readonly correlationPrefix = `of-${randomBytes(4).toString("hex")}.`;
  /** Large numbers that this actor has used. */
  readonly numbers = new Set<number>();
  private texts = 0;
  private next: number;

  /**
   * @param from the largest number to use; ever smaller ones follow, so that what was put in covers
   * what is taken out
   */
  constructor(tenant: number, from: number) {
    this.tenant = tenant;
    this.next = from;
  }

  /**
   * Undefined when a path needs the id of something that does not exist yet. @param replayed
   * headers to repeat instead of new ones
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
      String(example(schema, { ...source, integer: (least) => Math.max(least, 1) }, name)),
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
      text: (least, most) => {
        const text = `${this.marker}x${(this.texts++).toString(36)}`;
        const full = json && most > 40 ? JSON.stringify({ text }) : text;
        return full.padEnd(least, "x").slice(0, most);
      },
      integer: (least, most) => {
        if (this.next < least || this.next > most) return least;
        this.numbers.add(this.next);
        this.next -= 1009;
        return this.next + 1009;
      },
    };
  }
}

/** Whether a field of a body that makes something is that thing's own id. */
function isOwn({ method, resource }: Operation, name: string): boolean {
  return method === "POST" && (name === "id" || name === `${resource}_id`);
}

function parametersIn({ parameters }: Operation, place: Parameter["in"], optional: boolean): Parameter[] {
  return parameters.filter((one) => one.in === place && (optional || one.required));
}
