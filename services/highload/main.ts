import { run } from "@plinth/kit/service.ts";
import { createHighload } from "./app.ts";
import { highloadEnv } from "./env.ts";

await run(() => createHighload(highloadEnv()));
