import type { ServiceUnderTest } from "../services/service-under-test.ts";
import { type ReceivedResponse, type SentRequest, sendRequest } from "./http.ts";
import { nameOf, type Operation, operations } from "./openapi.ts";
import { type IdsByName, Requester, type RequestShape } from "./requester.ts";

/** What one tenant did with a service: every route succeeded at least once. */
export interface Exploration {
  actor: Requester;
  /** Ids that exist at the end. */
  ids: IdsByName;
  /** Ids that the service returned. */
  secrets: Set<string>;
  /** Ids that a foreign tenant used in its own resources, so that it may see them. */
  shared: Set<string>;
  operations: Operation[];
  /** The last successful request of each operation. */
  done: Map<string, { shape: RequestShape; sent: SentRequest; answered: ReceivedResponse }>;
  /** The last answer of each operation that never succeeded, or why there was no request. */
  failed: Map<string, string>;
}

const ROUNDS = 5;
export const SHAPES: RequestShape[] = [
  { optional: true, ownId: false, json: false },
  { optional: false, ownId: false, json: false },
  { optional: true, ownId: false, json: true },
];

/**
 * Tries all operations in rounds: one may need what another creates, and removed resources return.
 */
export async function exploreApi(
  { base, document }: Pick<ServiceUnderTest, "base" | "document">,
  tenant: number,
): Promise<Exploration> {
  const exploration: Exploration = {
    actor: new Requester(tenant, 987_654_321),
    ids: new Map(),
    secrets: new Set(),
    shared: new Set(),
    operations: operations(document),
    done: new Map(),
    failed: new Map(),
  };
  for (let round = 0; round < ROUNDS && (round === 0 || exploration.failed.size > 0); round++) {
    for (const operation of exploration.operations) await tryOperation(base, exploration, operation);
  }
  // Creates again what the last round removed, as a target for other tenants.
  for (const operation of exploration.operations)
    if (operation.method !== "DELETE") await tryOperation(base, exploration, operation);
  return exploration;
}

async function tryOperation(base: string, exploration: Exploration, operation: Operation): Promise<void> {
  const { actor, ids, done, failed } = exploration;
  const name = nameOf(operation);
  for (const shape of SHAPES) {
    const sent = actor.request(operation, ids, shape);
    if (!sent) {
      if (!done.has(name)) failed.set(name, "no operation returned an id for its path");
      return;
    }
    const answered = await sendRequest(base, {
      ...sent,
      headers: [...sent.headers, ["x-correlation-id", correlationId(actor, operation)]],
    });
    if (answered.status < 300) {
      done.set(name, { shape, sent, answered });
      failed.delete(name);
      rememberIds(exploration, operation, answered.text);
      return;
    }
    if (!done.has(name)) failed.set(name, `${answered.status} ${answered.text}`);
  }
}

export function correlationId({ correlationPrefix }: Requester, operation: Operation): string {
  return `${correlationPrefix}${nameOf(operation).replace(/\W+/g, "-")}`;
}

function rememberIds({ ids, secrets }: Exploration, operation: Operation, text: string): void {
  const gone = operation.method === "DELETE";
  if (gone) ids.delete(`${operation.resource}_id`);
  if (gone || text === "") return;
  JSON.parse(text, (name, value) => {
    if (
      (typeof value !== "string" && typeof value !== "number") ||
      !(name === "id" || name.endsWith("_id")) ||
      name === "tenant_id"
    )
      return value;
    const key = name === "id" ? `${operation.resource}_id` : name;
    // Later requests refer to the newest resource; a list may show older ones.
    if (operation.method !== "GET" || !ids.has(key)) ids.set(key, value);
    if (String(value).length >= 8) secrets.add(String(value));
    return value;
  });
}
