import { UserError } from "@plinth/local/user-error.ts";
import { defaulted } from "@plinth/local/validation/defaults.ts";
import { matching, object, optional, text, wholeNumber } from "@plinth/local/validation/rules.ts";
import { readVariables, switchedOn, tenantNumber } from "../terminal/variables.ts";

/** What `make kafka-consume` shows of a topic. */
export interface ConsumeOptions {
  topic: string;
  /** Where each partition begins: at its first record, after its last, or so many before that. */
  from: "beginning" | "latest" | number;
  /** Records after which it ends. */
  count: number | undefined;
  key: string | undefined;
  tenant: string | undefined;
  json: boolean;
}

const variables = object({
  TOPIC: optional(text("a topic")),
  FROM: defaulted(
    matching(
      /^(beginning|latest|-[1-9]\d*)$/,
      "'beginning', 'latest', or the last records of each partition, as in FROM=-10",
    ),
    { default: "-10" },
  ),
  COUNT: optional(wholeNumber(1, Number.MAX_SAFE_INTEGER, { expected: "a number of records, from 1" })),
  KEY: optional(text("a key")),
  TENANT: optional(tenantNumber()),
  JSON: defaulted(switchedOn(), { default: false }),
});

/** From the environment. @throws {@link UserError} for the first variable that is wrong */
export function parseConsumeOptions(environment: Record<string, string | undefined>): ConsumeOptions {
  const { TOPIC, FROM, COUNT, KEY, TENANT, JSON: json } = readVariables(variables, environment);
  if (TOPIC === undefined)
    throw new UserError("Which topic? Type: make kafka-consume TOPIC=V1_BETS   ('make kafka-topics' lists them)");
  return {
    topic: TOPIC,
    from: FROM === "beginning" || FROM === "latest" ? FROM : -Number(FROM),
    count: COUNT,
    key: KEY,
    tenant: TENANT,
    json,
  };
}
