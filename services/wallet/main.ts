import { createWallet } from "./app.ts";
import { walletEnv } from "./env.ts";

try {
  const { lifecycle, logger } = await createWallet(walletEnv());
  lifecycle.stopOnSignals();
  await lifecycle.start();
  logger.info("started");
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
