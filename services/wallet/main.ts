import { runService } from "@plinth/kit/service.ts";
import { createWallet } from "./app.ts";
import { readWalletEnv } from "./env.ts";

await runService(() => createWallet(readWalletEnv()));
