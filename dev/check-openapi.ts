import type { Service } from "@plinth/kit/service.ts";
import { createHighload } from "../services/highload/app.ts";
import { readHighloadEnv } from "../services/highload/env.ts";
import { createWallet } from "../services/wallet/app.ts";
import { readWalletEnv } from "../services/wallet/env.ts";
import { lintDocument } from "./openapi/lint.ts";

/** No service connects before it starts. */
const environment = {
  DATABASE_URL: "postgresql://nobody@localhost:1/none",
  REDIS_URL: "redis://localhost:1",
  KAFKA_BROKERS: "localhost:1",
  SCHEMA_REGISTRY_URL: "http://localhost:1",
  LOG_LEVEL: "silent",
};

const services: Record<string, () => Promise<Service>> = {
  wallet: () => createWallet(readWalletEnv(environment)),
  highload: () => createHighload(readHighloadEnv(environment)),
};

/** `make check`: the services' OpenAPI documents, by spectral's and redocly's recommended rules. */
for (const [name, create] of Object.entries(services)) {
  const { http } = await create();
  await http.ready();
  const document = (await http.inject("/openapi.json")).json<object>();
  for (const finding of await lintDocument(document)) {
    console.error(`${name}: ${finding}`);
    process.exitCode = 1;
  }
}
// Their pools would keep the process.
process.exit();
