import type { Logger } from "@plinth/kit/core/logger.ts";
import { pruneHourly } from "@plinth/kit/database/pruning.ts";
import { createEventCodec } from "@plinth/kit/kafka/avro.ts";
import { createConsumer } from "@plinth/kit/kafka/consumer.ts";
import { createOutbox } from "@plinth/kit/outbox/outbox.ts";
import { createRelay } from "@plinth/kit/outbox/relay.ts";
import { createService, createServiceContext, type Service } from "@plinth/kit/service.ts";
import { topicName, type WalletEnv } from "./env.ts";
import { type WalletEvents, walletSchemas } from "./events.ts";
import { createWalletMetrics } from "./metrics.ts";
import { addAccountRoutes } from "./routes/accounts.ts";
import { addBetRoutes } from "./routes/bets.ts";
import { createWalletUseCases } from "./use-cases/accounts.ts";
import { BALANCES_GROUP, createPaymentHandler } from "./use-cases/balances.ts";

/**
 * A day more than the longest that a topic keeps its records, so that even a consumer that starts
 * again applies nothing twice; a week for clients to repeat a request.
 */
const retentionPolicies = [
  { table: "inbox", column: "received_at", days: 31 },
  { table: "idempotency_keys", column: "created_at", days: 7 },
];

/** The whole service, not yet started. */
export async function createWallet(env: WalletEnv, logger?: Logger): Promise<Service> {
  const base = createServiceContext(env, logger);
  const { database } = base;
  const codec = createEventCodec<WalletEvents>(base.schemaRegistry, walletSchemas);
  const outbox = createOutbox(codec, (topic) => topicName(env, topic));
  const relay = createRelay(base);
  const repository = createWalletUseCases(database, outbox, createWalletMetrics(base.metrics), relay.wake);
  const balances = createConsumer({
    ...base,
    group: BALANCES_GROUP,
    topic: env.TOPIC_V1_PAYMENTS,
    deadLetterTopic: env.TOPIC_V1_PAYMENTS_DLQ,
    // As many transactions as the database has cores here: more of them would only wait for each
    // other.
    concurrency: 2,
    decode: (value) => codec.decode("V1_PAYMENTS", value),
    applyBatch: createPaymentHandler(database, outbox, relay.wake),
  });
  return createService(base, {
    title: "Wallet",
    description: "Accounts, bets and balances of a tenant",
    loadSchemas: codec.loadSchemaIds,
    routes(api) {
      addAccountRoutes(api, repository);
      addBetRoutes(api, repository);
    },
    hooks: [
      { name: "relay", start: relay.start, stop: relay.stop },
      { name: "pruning", stop: pruneHourly(database, base.logger, retentionPolicies) },
      { name: "balances", start: balances.start, stop: balances.stop },
    ],
  });
}
