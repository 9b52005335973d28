import * as Type from "typebox";
import { POSITION_PATTERN } from "../page.ts";

const strict = { additionalProperties: false } as const;

/** Any text that PostgreSQL can hold, emoji included. The kit refuses half of a surrogate pair. */
const STORABLE = "^[^\\u0000]*$";

const name = Type.String({ minLength: 1, maxLength: 200, pattern: STORABLE });
const email = Type.String({
  minLength: 3,
  maxLength: 320,
  pattern: "^[^\\s@\\u0000]+@[^\\s@\\u0000]+$",
});
/** maxLength excludes `urn:uuid:…`, which the format admits. */
const uuid = Type.String({ format: "uuid", maxLength: 36 });
const time = Type.String({ format: "date-time" });

export const idPath = Type.Object({ id: uuid }, strict);

const wholeNumber = (minimum: number, maximum: number, fallback: number) => ({
  type: "integer",
  minimum,
  maximum,
  default: fallback,
});

/** Texts, because a query string has no numbers; page.ts parses them. */
export const pageQuery = Type.Object(
  {
    page: Type.Optional(
      Type.String({ description: "Number of the page", documentedAs: wholeNumber(1, 1_000_000_000, 1) }),
    ),
    limit: Type.Optional(Type.String({ description: "Items of a page", documentedAs: wholeNumber(1, 100, 10) })),
    after: Type.Optional(
      Type.String({
        pattern: POSITION_PATTERN,
        description: "In place of page: where the page before ends, as its header Link says",
      }),
    ),
  },
  strict,
);

/** The answer to a removal. */
export const noContent = Type.Null({ description: "Done; the answer has no body" });

export const newUser = Type.Object({ email, first_name: name, last_name: name }, strict);
export const userChange = Type.Object(
  { email: Type.Optional(email), first_name: Type.Optional(name), last_name: Type.Optional(name) },
  { ...strict, minProperties: 1, description: "Absent fields stay as they are" },
);
export const user = Type.Object({
  id: uuid,
  email: Type.String(),
  first_name: Type.String(),
  last_name: Type.String(),
  created_at: time,
  updated_at: time,
});
export const users = Type.Array(user, {
  description: "Newest first; the header Link names the next page, if more may follow",
});

export const newEvent = Type.Object(
  {
    user_id: uuid,
    type: Type.String({ minLength: 1, maxLength: 200, pattern: STORABLE, description: "Such as user_action" }),
    data: Type.String({ pattern: STORABLE, default: "", description: "Any text; JSON is sent as a string" }),
  },
  { ...strict, required: ["user_id", "type"] },
);
export const event = Type.Object({
  id: uuid,
  user_id: uuid,
  type: Type.String(),
  data: Type.String(),
  created_at: time,
  processed_at: Type.Optional(Type.String({ format: "date-time", description: "Absent until the event is processed" })),
});
export const events = Type.Array(event, {
  description: "Newest first; the header Link names the next page, if more may follow",
});
