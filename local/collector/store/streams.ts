import { SPAN_STREAM_FIELDS } from "../span-document.ts";

/** What a document is: it decides the fields that make the store's streams. */
export type DocumentKind = "line" | "span";

/** Lines have these labels and no others. Whatever else a client calls a label is a field. */
export const STREAM_FIELDS: Record<DocumentKind, readonly string[]> = {
  line: ["service", "env", "version"],
  span: SPAN_STREAM_FIELDS,
};
