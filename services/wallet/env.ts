import { platformVariables, port, readEnv, text } from "@plinth/kit/env.ts";
import { deadLetterOf, topicVariable } from "@plinth/schemas/catalog.ts";

const topics = ["V1_BETS", "V1_PAYMENTS", "V1_BALANCES"] as const;

/** Topics that the wallet touches, by their name in the catalogue. */
export type WalletTopic = (typeof topics)[number];

const variables = {
  ...platformVariables,
  PORT: port(8082),
  SERVICE_NAME: text("wallet"),
  TOPIC_V1_BETS: text("V1_BETS"),
  TOPIC_V1_PAYMENTS: text("V1_PAYMENTS"),
  TOPIC_V1_BALANCES: text("V1_BALANCES"),
  TOPIC_V1_PAYMENTS_DLQ: text(deadLetterOf("V1_PAYMENTS")),
} as const;

export type WalletEnv = ReturnType<typeof walletEnv>;

/** @throws one Error with every fault of the environment */
export function walletEnv(source: Record<string, string | undefined> = process.env) {
  return readEnv(variables, source);
}

/** The broker's name of a topic. */
export function topicName(env: WalletEnv, topic: WalletTopic): string {
  return env[topicVariable(topic) as `TOPIC_${WalletTopic}`];
}
