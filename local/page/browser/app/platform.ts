import { signal } from "@preact/signals";
import type { PageSummary } from "../../model/api.ts";
import { address } from "./location.ts";

/** What every view needs of the stack; the shell keeps it up to date. */
export const summary = signal<PageSummary | undefined>(undefined);

/** The imported file that is looked at, from the address; undefined for the live data. */
export function importedData(): string | undefined {
  return address.value.query.get("data") ?? undefined;
}
