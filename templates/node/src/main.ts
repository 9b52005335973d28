import { createApp } from "./app.ts";
import { readEnv } from "./env.ts";

/** Milliseconds that stopping may take before the process ends regardless. */
const DRAIN_MS = 10_000;

try {
  const app = await createApp(readEnv());
  const stop = () => {
    setTimeout(() => process.exit(1), DRAIN_MS).unref();
    void app.stop().then(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  await app.start();
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
