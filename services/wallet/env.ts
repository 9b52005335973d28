import { platformVariables, port, readEnv, text } from "@plinth/kit/core/env.ts";
import { deadLetterTopic, topicVariable } from "@plinth/schemas/catalog.ts";

const walletTopics = ["V1_BETS", "V1_PAYMENTS", "V1_BALANCES"] as const;

/** Topics that the wallet writes or reads, by their name in the catalogue. */
export type WalletTopic = (typeof walletTopics)[number];

const walletVariables = {
  ...platformVariables,
  PORT: port(8082),
  SERVICE_NAME: text("wallet"),
  TOPIC_V1_BETS: text("V1_BETS"),
  TOPIC_V1_PAYMENTS: text("V1_PAYMENTS"),
  TOPIC_V1_BALANCES: text("V1_BALANCES"),
  TOPIC_V1_PAYMENTS_DLQ: text(deadLetterTopic("V1_PAYMENTS")),
} as const;

export type WalletEnv = ReturnType<typeof readWalletEnv>;

/** @throws one Error that lists every fault of the environment */
export function readWalletEnv(source: Record<string, string | undefined> = process.env) {
  return readEnv(walletVariables, source);
}

/** The broker's name of a topic. */
export function topicName(env: WalletEnv, topic: WalletTopic): string {
  return env[topicVariable(topic) as `TOPIC_${WalletTopic}`];
}
