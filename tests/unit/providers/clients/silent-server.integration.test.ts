import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { UserError } from "@plinth/local/user-error.ts";
import { withKafkaAdmin } from "@plinth/providers/clients/kafka/admin.ts";
import { withBrokerConnection } from "@plinth/providers/clients/kafka/connection.ts";
import { listQuotas } from "@plinth/providers/clients/kafka/quotas.ts";
import { ApiServer } from "@plinth/providers/clients/kubernetes/api-server.ts";
import { withDatabase } from "@plinth/providers/clients/postgres/database.ts";
import { withRedis } from "@plinth/providers/clients/redis/connection.ts";
import { withRegistry } from "@plinth/providers/clients/registry/client.ts";
import { FakeApiServer } from "../../../support/kubernetes/fake-api-server.ts";

const DEADLINE_MS = 1_500;
/** Time for one attempt that began before the deadline. */
const GRACE_MS = 4_000;

/** Accepts connections and says nothing, also not to a TLS client. */
class SilentServer {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer((socket) => {
    this.#sockets.add(socket.on("error", () => undefined));
  });

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as { port: number }).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** What a provider calls on each server, by the address. */
const calls: Record<string, (address: string) => Promise<unknown>> = {
  "a database": (address) =>
    withDatabase({ url: `postgresql://app:app@${address}/app` }, DEADLINE_MS, (client) => client.query("select 1")),
  "a database with TLS": (address) =>
    withDatabase(
      { url: `postgresql://app:app@${address}/app?sslmode=require&uselibpqcompat=true` },
      DEADLINE_MS,
      (client) => client.query("select 1"),
    ),
  "a cache": (address) => withRedis({ cacheUrl: `redis://${address}` }, DEADLINE_MS, (redis) => redis.ping()),
  "a cache with a password": (address) =>
    withRedis({ cacheUrl: `redis://:app@${address}` }, DEADLINE_MS, (redis) => redis.ping()),
  "a cache with TLS": (address) => withRedis({ cacheUrl: `rediss://${address}` }, DEADLINE_MS, (redis) => redis.ping()),
  "a broker": (address) => withKafkaAdmin({ brokers: [address] }, DEADLINE_MS, (admin) => admin.listTopics()),
  "a broker's quotas": (address) => withBrokerConnection({ brokers: [address] }, DEADLINE_MS, listQuotas),
  "a schema registry": (address) =>
    withRegistry({ url: `http://${address}` }, DEADLINE_MS, (client) => client.listSubjects()),
  "a schema registry with TLS": (address) =>
    withRegistry({ url: `https://${address}` }, DEADLINE_MS, (client) => client.listSubjects()),
};

describe("A server that says nothing (PLT-10)", function () {
  this.timeout(20_000);
  const silent = new SilentServer();
  let address: string;
  before(async () => {
    address = `127.0.0.1:${await silent.start()}`;
  });
  after(() => silent.stop());

  for (const [name, call] of Object.entries(calls))
    it(`ends the wait for ${name} at the deadline`, async () => {
      const started = Date.now();
      await assert.rejects(call(address), UserError);
      assert.ok(Date.now() - started < DEADLINE_MS + GRACE_MS, `after ${Date.now() - started} ms`);
    });

  it("ends the wait for an API server at the deadline", async () => {
    const { KUBECONFIG } = process.env;
    process.env.KUBECONFIG = new FakeApiServer().kubeconfig("kind-silent", `https://${address}`);
    try {
      const started = Date.now();
      const api = await ApiServer.forContext("kind-silent", DEADLINE_MS);
      await assert.rejects(api.get("/version"), { code: "ETIMEDOUT" });
      assert.ok(Date.now() - started < DEADLINE_MS + GRACE_MS, `after ${Date.now() - started} ms`);
    } finally {
      if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
      else process.env.KUBECONFIG = KUBECONFIG;
    }
  });
});
