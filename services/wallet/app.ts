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
import { createAccountUseCases } from "./use-cases/accounts.ts";
import { BALANCES_GROUP, createPaymentHandler } from "./use-cases/balances.ts";
import { createBetUseCases } from "./use-cases/bets.ts";

/**
 * The inbox outlives a topic's records by a day: a consumer that starts from the beginning applies
 * nothing twice. Clients may repeat a request for a week.
 */
const retentionPolicies = [
  { table: "inbox", column: "received_at", days: 31 },
  { table: "idempotency_keys", column: "created_at", days: 7 },
];

/** Creates the service without starting it. */
export async function createWallet(env: WalletEnv, logger?: Logger): Promise<Service> {
  const base = createServiceContext(env, logger);
  const { database } = base;
  const codec = createEventCodec<WalletEvents>(base.schemaRegistry, walletSchemas);
  const outbox = createOutbox(codec, (topic) => topicName(env, topic));
  const relay = createRelay(base);
  const metrics = createWalletMetrics(base.metrics);
  const dependencies = { database, outbox, metrics, notifyCommitted: relay.wake };
  const balances = createConsumer({
    ...base,
    group: BALANCES_GROUP,
    topic: env.TOPIC_V1_PAYMENTS,
    deadLetterTopic: env.TOPIC_V1_PAYMENTS_DLQ,
    // As many as a local database has cores: more transactions only wait for each other.
    concurrency: 2,
    decode: (value) => codec.decode("V1_PAYMENTS", value),
    applyBatch: createPaymentHandler(dependencies),
  });
  return createService(base, {
    title: "Wallet",
    description: "Accounts, bets and balances of a tenant",
    loadSchemas: codec.loadSchemaIds,
    routes(api) {
      addAccountRoutes(api, createAccountUseCases(dependencies));
      addBetRoutes(api, createBetUseCases(dependencies));
    },
    hooks: [
      { name: "relay", start: relay.start, stop: relay.stop },
      { name: "pruning", stop: pruneHourly(database, base.logger, retentionPolicies) },
      { name: "balances", start: balances.start, stop: balances.stop },
    ],
  });
}
