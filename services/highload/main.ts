import { createHighload } from "./app.ts";
import { highloadEnv } from "./env.ts";

try {
  const { lifecycle, logger } = await createHighload(highloadEnv());
  lifecycle.stopOnSignals();
  await lifecycle.start();
  logger.info("started");
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
