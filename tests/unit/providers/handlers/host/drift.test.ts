import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createKafkaTopicsHandler } from "@plinth/providers/handlers/kafka-topics.ts";
import type { KafkaTopicsOutputs } from "@plinth/providers/kafka-topics.ts";

describe("A look for changes by hand (PLT-6)", () => {
  it("holds a plan up for half a second, also when a broker accepts and says nothing", async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const topics = { bets: { partitions: 1 } };
    const state = { brokers: [`127.0.0.1:${port}`], topics, onDelete: "retain", providerVersion: 1 };
    const outputs = { ...state, observed: {} } as unknown as KafkaTopicsOutputs;
    const started = Date.now();
    assert.deepEqual(await createKafkaTopicsHandler().diff("topics", outputs, outputs), { changes: false });
    const waited = Date.now() - started;
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
    assert.ok(waited < 1000, `${waited} ms`);
  });
});
