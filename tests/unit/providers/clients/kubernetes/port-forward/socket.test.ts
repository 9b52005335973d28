import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { PortForwarder } from "@plinth/providers/clients/kubernetes/port-forward/forwarder.ts";
import { openPortForwarder } from "@plinth/providers/clients/kubernetes/port-forward/open.ts";
import { eventually } from "../../../../../support/eventually.ts";
import { FakeApiServer } from "../../../../../support/kubernetes/fake-api-server.ts";

const HOST = "echo.dev-infra.svc.cluster.local";
const MiB = 1 << 20;

describe("A connection through a port-forward (PLT-2)", () => {
  let cluster: FakeApiServer;
  let forwarder: PortForwarder;
  let server: Server;
  let accepted: Socket[];
  const { KUBECONFIG } = process.env;

  beforeEach(async () => {
    accepted = [];
    server = createServer({ allowHalfOpen: true }, (socket) => {
      accepted.push(socket);
      socket.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cluster = await new FakeApiServer().start();
    cluster.services.echo = {
      ports: [{ port: 7, target: 7007 }],
      pods: [{ name: "echo-0", ready: true, local: { 7007: (server.address() as AddressInfo).port } }],
    };
    process.env.KUBECONFIG = cluster.kubeconfig();
    forwarder = await openPortForwarder({ context: "kind-staged", namespace: "dev-infra" });
  });
  afterEach(async () => {
    await forwarder.close();
    await cluster.stop();
    for (const socket of accepted) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = KUBECONFIG;
  });
  const connect = async (): Promise<[client: Socket, peer: Socket]> => {
    const client = forwarder.connect(HOST, 7);
    await once(client, "connect");
    await eventually("the pod has accepted it", () => accepted.length > 0);
    return [client, accepted.at(-1)!];
  };

  it("carries 20 MiB each way unchanged", async () => {
    const [client, peer] = await connect();
    const sent = randomBytes(20 * MiB);
    peer.pipe(peer);
    const hash = createHash("sha256");
    let length = 0;
    client.on("data", (chunk) => {
      hash.update(chunk);
      length += chunk.length;
      if (length === sent.length) client.end();
    });
    client.write(sent);
    await once(client, "close");
    assert.equal(length, sent.length);
    assert.equal(hash.digest("hex"), createHash("sha256").update(sent).digest("hex"));
  });

  it("stops a sender while its reader is slow, and loses nothing", async () => {
    const [client, peer] = await connect();
    let sent = 0;
    const chunk = Buffer.alloc(MiB, 1);
    const send = () => {
      while (sent < 64 * MiB) {
        sent += chunk.length;
        if (!peer.write(chunk)) return;
      }
      peer.end();
    };
    peer.on("drain", send);
    send();
    let last = -1;
    // Quiet for 200 ms means stopped: without backpressure all is sent in some milliseconds.
    for (let quiet = 0; quiet < 10; quiet = sent === last ? quiet + 1 : 0) {
      last = sent;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.ok(sent < 32 * MiB, `${sent} bytes were taken from the pod without a reader`);
    let read = 0;
    client.on("data", (part) => {
      read += part.length;
    });
    await once(client, "end");
    assert.equal(read, 64 * MiB);
  });

  it("makes a writer wait for a pod that does not read", async () => {
    const [client, peer] = await connect();
    peer.pause();
    let written = 0;
    while (written < 64 * MiB && client.write(Buffer.alloc(MiB))) written += MiB;
    let taken = 0;
    for (let quiet = 0, last = -1; quiet < 10; quiet = taken === last ? quiet + 1 : 0) {
      last = taken;
      await new Promise((resolve) => setTimeout(resolve, 20));
      taken = written - client.writableLength;
    }
    client.write(Buffer.alloc(32 * MiB));
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.ok(client.writableLength > MiB, "all was taken without a reader");
    let read = 0;
    peer.on("data", (part) => {
      read += part.length;
    });
    peer.resume();
    await once(client, "drain");
    client.end();
    await once(peer, "end");
    assert.ok(read >= 32 * MiB);
  });

  it("ends when the pod ends it, after all its data", async () => {
    const [client, peer] = await connect();
    const chunks: Buffer[] = [];
    client.on("data", (chunk) => chunks.push(chunk));
    peer.end(Buffer.alloc(3 * MiB, 7));
    await once(client, "close");
    assert.equal(Buffer.concat(chunks).length, 3 * MiB);
    await eventually("the API server has no connection left", () => cluster.connections === 0);
  });

  it("sends the pod all data before the end", async () => {
    const [client, peer] = await connect();
    let read = 0;
    peer.on("data", (chunk) => {
      read += chunk.length;
    });
    const closed = once(client, "close");
    client.resume().end(Buffer.alloc(5 * MiB));
    await once(peer, "end");
    assert.equal(read, 5 * MiB);
    await closed;
  });

  it("breaks as a lost connection when the API server is cut off", async () => {
    const [client] = await connect();
    client.resume();
    cluster.cut();
    const [error] = (await once(client, "error")) as [Error & { code: string }];
    assert.equal(error.code, "ECONNRESET");
    assert.match(error.message, /^the port-forward to pod echo-0 in namespace dev-infra was cut: /);
  });

  it("breaks as a lost connection when nothing listens in the pod", async () => {
    cluster.services.echo!.pods[0]!.local = {};
    const client = forwarder.connect(HOST, 7);
    const error = await new Promise<Error & { code?: string }>((resolve) => client.once("error", resolve));
    assert.equal(error.code, "ECONNRESET");
    assert.match(error.message, /error forwarding port 7007 to pod: connect ECONNREFUSED/);
  });

  it("emits 'timeout' when idle, as a socket does", async () => {
    const [client] = await connect();
    const idle = once(client, "timeout");
    client.setTimeout(30);
    await idle;
    client.setTimeout(0);
  });

  it("opens 50 connections at once", async () => {
    server.on("connection", (socket) => socket.pipe(socket));
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const client = forwarder.connect(HOST, 7);
        client.write(`hello ${index}`);
        const [answer] = (await once(client, "data")) as [Buffer];
        client.end();
        return answer.toString();
      }),
    );
    assert.deepEqual(
      answers,
      Array.from({ length: 50 }, (_, index) => `hello ${index}`),
    );
    assert.equal(cluster.asked.filter((path) => path.includes("/services/")).length, 1);
  });

  it("closes open and opening connections with its forwarder", async () => {
    await connect();
    cluster.fault = (path) => (path.includes("/portforward") ? "hang" : undefined);
    const connecting = forwarder.connect(HOST, 7);
    const failed = once(connecting, "close");
    await eventually(
      "the API server was asked",
      () => cluster.asked.filter((path) => path.includes("/portforward")).length === 2,
    );
    await forwarder.close();
    await failed;
    await eventually("the API server has no connection left", () => cluster.connections === 0);
    assert.equal(cluster.forwards, 0);
  });

  it("closes during a look-up with its forwarder", async () => {
    cluster.fault = (path) => (path.includes("/services/") ? "hang" : undefined);
    const connecting = forwarder.connect(HOST, 7);
    const failed = once(connecting, "close");
    await eventually("the API server was asked", () => cluster.asked.some((path) => path.includes("/services/")));
    await forwarder.close();
    await failed;
    await eventually("the API server has no connection left", () => cluster.connections === 0);
  });

  it("reaches other hosts directly", async () => {
    server.on("connection", (socket) => socket.end("direct"));
    const client = forwarder.connect("127.0.0.1", (server.address() as AddressInfo).port);
    const [answer] = (await once(client, "data")) as [Buffer];
    assert.equal(answer.toString(), "direct");
    assert.deepEqual(cluster.asked, []);
  });
});
