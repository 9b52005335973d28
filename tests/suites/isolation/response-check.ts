import type { Exploration } from "../../support/api/exploration.ts";
import type { ReceivedResponse, SentRequest } from "../../support/api/http.ts";

/** The explored tenant's data in `text`, without what the request itself contained. */
export function findLeaks(
  { actor, secrets, shared }: Pick<Exploration, "actor" | "secrets" | "shared">,
  text: string,
  sent = "",
): string[] {
  const marks = text.match(new RegExp(`${actor.marker}\\w*`, "gi")) ?? [];
  const numbers = (text.match(/\d{6,}/g) ?? []).filter((number) => actor.numbers.has(Number(number)));
  const ids = [...secrets].filter((secret) => !shared.has(secret) && text.includes(secret));
  return [...new Set([...marks, ...numbers, ...ids])].filter((secret) => !sent.includes(secret));
}

/** A finding if a foreign tenant's request showed something or seems to have had an effect. */
export function checkResponse(
  exploration: Exploration,
  sent: SentRequest,
  answered: ReceivedResponse,
): string | undefined {
  const leaked = findLeaks(exploration, answered.raw, JSON.stringify(sent));
  if (leaked.length > 0) return `answered ${answered.status} with ${leaked.join(", ")} of another tenant`;
  if (answered.status >= 500) return `answered ${answered.status}: ${answered.text}`;
  const names = [...exploration.secrets].some((id) => sent.path.split("?")[0]?.includes(encodeURIComponent(id)));
  if (names && answered.status !== 404 && answered.status !== 400 && !isEmpty(answered)) {
    return `answered ${answered.status} to a path that names another tenant's: ${answered.text}`;
  }
  return undefined;
}

/** 2xx without content: no body, an empty list or an empty page. */
function isEmpty({ status, text }: ReceivedResponse): boolean {
  if (status >= 300) return false;
  if (text === "" || text === "null") return true;
  const body = JSON.parse(text) as unknown;
  const lists = Array.isArray(body) ? [body] : Object.values(body as object).filter(Array.isArray);
  return lists.length > 0 && lists.every((list) => list.length === 0);
}
