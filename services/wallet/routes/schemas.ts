import * as Type from "typebox";
import { currencies } from "../currencies.ts";

/** Most cents that one request may move: 100 million in a currency's main unit. */
export const MAX_AMOUNT_CENTS = 10_000_000_000;

const strict = { additionalProperties: false } as const;

/** maxLength excludes `urn:uuid:…`, which the format admits. */
export const accountId = Type.String({ format: "uuid", maxLength: 36 });
/** Accounts may be older than the list, so that answers hold any three letters. */
const currency = Type.String({ pattern: "^[A-Z]{3}$", description: "ISO 4217, such as EUR" });
const newCurrency = Type.Enum([...currencies], { type: "string", description: "ISO 4217, such as EUR" });
export const amountCents = Type.Integer({ minimum: 1, maximum: MAX_AMOUNT_CENTS, description: "Whole cents" });
const cents = Type.Integer({ description: "Whole cents" });

export const accountPath = Type.Object({ account_id: accountId }, strict);

export const newAccount = Type.Object({ account_id: Type.Optional(accountId), currency: newCurrency }, strict);
export const account = Type.Object({ account_id: accountId, currency });

export const newDeposit = Type.Object({ amount_cents: amountCents }, strict);
export const deposit = Type.Object({
  payment_id: Type.String({ format: "uuid" }),
  account_id: accountId,
  amount_cents: cents,
  currency,
  available_cents: cents,
});

export const newBet = Type.Object(
  {
    account_id: accountId,
    amount_cents: amountCents,
    selection: Type.String({
      minLength: 1,
      maxLength: 200,
      pattern: "^[^\\u0000]*$",
      description: "The outcome that the bet is on",
    }),
  },
  strict,
);
export const bet = Type.Object({
  bet_id: Type.String({ format: "uuid" }),
  account_id: accountId,
  amount_cents: cents,
  currency,
  selection: Type.String(),
  available_cents: cents,
  placed_at: Type.String({ format: "date-time" }),
});

export const balance = Type.Object({
  account_id: accountId,
  currency,
  balance_cents: Type.Integer({ description: "Whole cents; sum of the events applied so far" }),
  sequence: Type.Integer({ description: "Number of events applied so far" }),
  available_cents: Type.Integer({ description: "Whole cents that can be bet now" }),
});
