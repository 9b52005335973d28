import type { Span } from "../../model/span.ts";

/** Whether a span's name, service, status or one of its attributes contains a text. */
export function matchesText({ name, service, statusMessage = "", attributes }: Span, text: string): boolean {
  const wanted = text.toLowerCase();
  const pairs = Object.entries(attributes).map(([key, value]) => `${key}=${value}`);
  return [name, service, statusMessage, ...pairs].some((each) => each.toLowerCase().includes(wanted));
}
