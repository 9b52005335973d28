import { run } from "@plinth/kit/service.ts";
import { createWallet } from "./app.ts";
import { walletEnv } from "./env.ts";

await run(() => createWallet(walletEnv()));
