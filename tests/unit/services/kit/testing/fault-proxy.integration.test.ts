import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type FaultProxy, startFaultProxy } from "@plinth/kit/testing/fault-proxy.ts";
import { Kafka, logLevel } from "kafkajs";
import { waitUntil } from "../../../../support/eventually.ts";
import { kafka } from "../../../../support/servers/servers.ts";

describe("fault-injecting proxy", () => {
  /** Says back what it hears, in capitals; remembers it. */
  let server: Server;
  let heard: string;
  let proxy: FaultProxy;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    heard = "";
    server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (bytes) => {
        heard += String(bytes);
        socket.write(String(bytes).toUpperCase());
      });
      socket.on("end", () => socket.end("bye"));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    proxy = await startFaultProxy((server.address() as AddressInfo).port);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await proxy.stop();
    server.close();
  });

  async function client(port = proxy.port) {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    sockets.push(socket);
    const seen = { socket, text: "", ended: false, error: "" };
    socket.on("data", (bytes) => {
      seen.text += String(bytes);
    });
    socket.on("end", () => {
      seen.ended = true;
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      seen.error = error.code ?? error.message;
    });
    await once(socket, "connect");
    return seen;
  }

  const says = (seen: { text: string }, text: string) => waitUntil(`"${text}" arrives`, () => seen.text === text);

  it("passes on every byte both ways, and the end of either side", async () => {
    const one = await client();
    one.socket.write("hello");
    await says(one, "HELLO");
    one.socket.end();
    await waitUntil("the end arrives", () => one.ended);
    assert.equal(one.text, "HELLObye");
    const many = await client();
    const text = "abcdefgh".repeat(500_000);
    many.socket.write(text);
    await waitUntil("four million bytes arrive", () => many.text.length === text.length);
    assert.ok(many.text === text.toUpperCase());
  });

  it("delays each byte without lowering the throughput", async () => {
    proxy.delay(400, "answers");
    const one = await client();
    const begun = performance.now();
    for (let count = 0; count < 5; count++) {
      one.socket.write("x");
      await sleep(10);
    }
    await says(one, "XXXXX");
    const ms = performance.now() - begun;
    // One after the other they would take two seconds.
    assert.ok(ms >= 400 && ms < 1800, `${ms} ms`);
    await proxy.heal();
    const healed = performance.now();
    one.socket.write("y");
    await says(one, "XXXXXY");
    assert.ok(performance.now() - healed < 350);
  });

  it("limits the bytes a second", async () => {
    proxy.throttle(200_000, "answers");
    const one = await client();
    const begun = performance.now();
    one.socket.write("x".repeat(60_000));
    await waitUntil("all arrives", () => one.text.length === 60_000);
    const ms = performance.now() - begun;
    assert.ok(ms >= 280 && ms < 5000, `${ms} ms`);
  });

  it("holds everything in a black hole, ends included, and delivers it once healed", async () => {
    const one = await client();
    one.socket.write("a");
    await says(one, "A");
    proxy.blackHole();
    const later = await client();
    for (const { socket } of [one, later]) socket.write("b");
    one.socket.end();
    await sleep(100);
    assert.deepEqual([one.text, later.text, heard, one.error], ["A", "", "a", ""]);
    await proxy.heal();
    await says(later, "B");
    await waitUntil("the end arrives", () => one.ended);
    assert.equal(one.text, "ABbye");
  });

  it("lets the server work while only answers are held", async () => {
    proxy.blackHole("answers");
    const one = await client();
    one.socket.write("pay");
    await waitUntil("the server has it", () => heard === "pay");
    await sleep(50);
    assert.equal(one.text, "");
  });

  it("resets connections, refuses new ones, and accepts them again on the same port", async () => {
    const one = await client();
    const two = await client();
    one.socket.write("a");
    await says(one, "A");
    assert.equal(proxy.resetConnections(), 2);
    await waitUntil("both are reset", () => one.error === "ECONNRESET" && two.error === "ECONNRESET");
    const kept = await client();
    await proxy.refuse();
    await assert.rejects(client(), { code: "ECONNREFUSED" });
    kept.socket.write("k");
    await says(kept, "K");
    await proxy.heal();
    const again = await client();
    again.socket.write("b");
    await says(again, "B");
    assert.equal(proxy.openConnections, 2);
  });

  it("resets the client when the server resets, and follows a server that moved", async () => {
    const other = createServer((socket) => socket.resetAndDestroy()).listen(0, "127.0.0.1");
    await once(other, "listening");
    try {
      const stays = await client();
      proxy.retarget((other.address() as AddressInfo).port);
      const moved = await client();
      await waitUntil("it is reset", () => moved.error === "ECONNRESET");
      stays.socket.write("s");
      await says(stays, "S");
    } finally {
      other.close();
    }
  });

  it("works before a broker whose clients use its advertised address", async function () {
    this.timeout(60_000);
    const { proxied } = await kafka();
    const way = await startFaultProxy(proxied.target, proxied.port);
    const client = new Kafka({
      brokers: [`localhost:${way.port}`],
      requestTimeout: 500,
      retry: { retries: 0 },
      logLevel: logLevel.NOTHING,
    });
    const admin = client.admin();
    try {
      await admin.connect();
      // The second connection goes to where the cluster's metadata say that the broker is.
      const { brokers } = await admin.describeCluster();
      assert.deepEqual(
        brokers.map(({ host, port }) => `${host}:${port}`),
        [`localhost:${way.port}`],
      );
      // kafkajs keeps its metadata until the clock moves on, and asks without naming a failure.
      const answeredAt = Date.now();
      await waitUntil("the clock moves on", () => Date.now() > answeredAt);
      way.blackHole();
      await assert.rejects(admin.listTopics(), /timed out/);
      await way.heal();
      await waitUntil("topics are listed", async () => Array.isArray(await admin.listTopics()));
    } finally {
      await admin.disconnect();
      await way.stop();
    }
  });
});
