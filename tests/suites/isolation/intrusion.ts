import { correlationId, type Exploration, SHAPES } from "../../support/api/exploration.ts";
import { type ReceivedResponse, type SentRequest, sendRequest } from "../../support/api/http.ts";
import { nameOf, type Operation } from "../../support/api/openapi.ts";
import { Requester } from "../../support/api/requester.ts";
import { checkResponse } from "./response-check.ts";

/** One request for another tenant's data. */
export interface IntrusionAttempt {
  what: string;
  sent: SentRequest;
  /** True if the service must refuse it because of the tenant. */
  refused: boolean;
}

const UNKNOWN_TENANT = "999999937";

/** A known tenant that owns none of the explored data. */
export function createIntruder(tenant: number): Requester {
  return new Requester(tenant, 123_456_789);
}

/**
 * All attempts on one operation.
 * @param refuses whether a request without a tenant is refused, and one of a tenant that is not
 *   among the platform's: only a service with a database can know those
 */
export function intrusionAttempts(
  exploration: Exploration,
  operation: Operation,
  actor: Requester,
  refuses: { none: boolean; unknown: boolean },
): IntrusionAttempt[] {
  const victim = exploration.actor.tenant;
  const { shape, sent: original } = exploration.done.get(nameOf(operation)) ?? {};
  // Only one repeats the owner's Idempotency-Key: the next with it would be refused for that alone.
  const requests = [...(shape ? [shape] : []), ...SHAPES].flatMap(
    (one, index) => actor.request(operation, exploration.ids, one, index === 0 ? original?.headers : []) ?? [],
  );
  const [first] = requests;
  if (!first) throw new Error(`no request can be built for ${nameOf(operation)}: it never succeeded for the owner`);
  const without = first.headers.filter(([name]) => name !== "x-tenant-id");
  const naming = (what: string, tenants: readonly (string | number)[], refused: boolean): IntrusionAttempt => {
    const headers = tenants.map((tenant) => ["x-tenant-id", String(tenant)] as const);
    return { what, sent: { ...first, headers: [...headers, ...without] }, refused };
  };
  return [
    ...requests.map((sent, index) => ({ what: `as a foreign tenant (${index + 1})`, sent, refused: false })),
    ...tenantElsewhere(first, victim).map(([what, sent]) => ({ what: `the tenant in ${what}`, sent, refused: false })),
    naming("no tenant", [], refuses.none),
    // An empty header counts as none.
    naming("an empty tenant", [""], refuses.none),
    ...(refuses.unknown ? [naming("an unknown tenant", [UNKNOWN_TENANT], true)] : []),
    ...malformedTenants(victim, actor.tenant).map((text) => naming(`the tenant '${text}'`, [text], true)),
    naming("two tenant headers, the actor's first", [actor.tenant, victim], true),
    naming("two tenant headers, the actor's last", [victim, actor.tenant], true),
  ];
}

/**
 * Creates resources with the other tenant's ids. Run it last: both tenants then have such an id.
 */
export function takeoverAttempts(exploration: Exploration, operation: Operation, actor: Requester): IntrusionAttempt[] {
  if (operation.method !== "POST" || operation.path.includes("{")) return [];
  return SHAPES.flatMap((shape) => {
    const sent = actor.request(operation, exploration.ids, { ...shape, ownId: true });
    return sent ? [{ what: "under the other tenant's id", sent, refused: false }] : [];
  });
}

/** Returns a line for each attempt that succeeded or may have. */
export async function runIntrusions(
  base: string,
  exploration: Exploration,
  operation: Operation,
  actor: Requester,
  attempts: readonly IntrusionAttempt[],
): Promise<string[]> {
  const findings: string[] = [];
  for (const { what, sent, refused } of attempts) {
    const headers = [...sent.headers, ["x-correlation-id", correlationId(actor, operation)] as const];
    const answered = await sendRequest(base, { ...sent, headers });
    if (answered.status < 300)
      for (const id of exploration.secrets) if (String(sent.body).includes(id)) exploration.shared.add(id);
    const finding =
      checkResponse(exploration, sent, answered) ??
      (refused && !isTenantRejection(answered) ? `answered ${answered.status}: ${answered.text}` : undefined);
    if (finding !== undefined) findings.push(`${nameOf(operation)}, ${what}: ${finding}`);
  }
  return findings;
}

function malformedTenants(victim: number, own: number): string[] {
  const one = [
    "0",
    "-1",
    "1e4",
    "null",
    "*",
    `${victim}.0`,
    `0${victim}`,
    `+${victim}`,
    `0x${victim.toString(16)}`,
    `${victim};`,
  ];
  return [...one, `${own}, ${victim}`, `${victim}, ${own}`, `${own},${victim}`, `${victim} ${own}`];
}

/** Puts the victim's number where a service must not read it, with the actor's in the header. */
function tenantElsewhere(request: SentRequest, victim: number): [string, SentRequest][] {
  const { path, headers, body } = request;
  const tenants = { tenant_id: victim, tenantId: victim };
  const query = `${path}${path.includes("?") ? "&" : "?"}tenant_id=${victim}&x-tenant-id=${victim}`;
  const others = ["x-tenant", "tenant-id", "x-scope-orgid", "x-forwarded-tenant-id"].map(
    (name) => [name, String(victim)] as const,
  );
  const variants: [string, SentRequest][] = [
    ["the query", { ...request, path: query }],
    ["other headers", { ...request, headers: [...headers, ...others] }],
  ];
  if (body === undefined) return variants;
  return [...variants, ["the body", { ...request, body: JSON.stringify({ ...JSON.parse(String(body)), ...tenants }) }]];
}

function isTenantRejection({ status, text }: ReceivedResponse): boolean {
  return status === 400 && /"code":"tenant_(required|invalid|unknown)"/.test(text);
}
