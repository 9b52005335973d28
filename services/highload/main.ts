import { runService } from "@plinth/kit/service.ts";
import { createHighload } from "./app.ts";
import { readHighloadEnv } from "./env.ts";

await runService(() => createHighload(readHighloadEnv()));
