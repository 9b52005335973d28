/** The text of a header if it is an id: a sender may write anything there. */
export function parseCorrelationId(text: unknown): string | undefined {
  return typeof text === "string" && /^[\w.-]{1,128}$/.test(text) ? text : undefined;
}
