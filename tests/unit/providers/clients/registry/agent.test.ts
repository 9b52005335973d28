import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer, request } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { type ConnectionOptions, connect, createServer, type TlsOptions } from "node:tls";
import type { PortForwarder } from "@plinth/providers/clients/kubernetes/port-forward/forwarder.ts";
import { openPortForwarder } from "@plinth/providers/clients/kubernetes/port-forward/open.ts";
import { createAgent } from "@plinth/providers/clients/registry/agent.ts";
import { RegistryClient } from "@plinth/providers/clients/registry/client.ts";
import { FakeApiServer } from "../../../../support/kubernetes/fake-api-server.ts";

/** A pre-shared key needs no certificate. The test is about TLS over the port-forward. */
const psk = Buffer.alloc(32, 7);
const serverOptions: TlsOptions = { pskCallback: () => psk, ciphers: "PSK" };
const clientOptions: ConnectionOptions = {
  pskCallback: () => ({ psk, identity: "test" }),
  ciphers: "PSK",
  checkServerIdentity: () => undefined,
};

describe("Through the port-forward (PLT-2)", () => {
  let cluster: FakeApiServer;
  let forwarder: PortForwarder;
  let server: Server;
  const { KUBECONFIG } = process.env;

  beforeEach(async () => {
    cluster = await new FakeApiServer().start();
    process.env.KUBECONFIG = cluster.kubeconfig();
    forwarder = await openPortForwarder({ context: "kind-staged", namespace: "dev-infra" });
  });
  afterEach(async () => {
    await forwarder.close();
    await cluster.stop();
    await new Promise((resolve) => server.close(resolve));
    if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = KUBECONFIG;
  });

  async function serve(listening: Server): Promise<void> {
    server = listening;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    cluster.services.safe = {
      ports: [{ port: 443, target: 8443 }],
      pods: [{ name: "safe-0", ready: true, local: { 8443: port } }],
    };
  }

  // As pg does once the server has agreed to TLS, and kafkajs from the start.
  it("a client of a socket speaks TLS", async () => {
    await serve(createServer(serverOptions, (socket) => socket.pipe(socket)));
    const socket = connect({ ...clientOptions, socket: forwarder.connect("safe.dev-infra.svc", 443) });
    const sent = Buffer.alloc(3 << 20, "secret ");
    let length = 0;
    socket.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length === sent.length) socket.end();
    });
    socket.write(sent);
    await once(socket, "close");
    assert.equal(length, sent.length);
  });

  it("the registry's agent speaks HTTPS", async () => {
    await serve(createHttpsServer(serverOptions, (_request, response) => response.end("hello")));
    const agent = createAgent("https:", forwarder);
    try {
      const [response] = await once(
        request("https://safe.dev-infra.svc/", { agent, ...clientOptions }).end(),
        "response",
      );
      let text = "";
      for await (const chunk of response) text += String(chunk);
      assert.equal(text, "hello");
    } finally {
      agent.destroy();
    }
  });

  it("the registry's client keeps at most 16 connections, and closes them", async () => {
    let maxForwards = 0;
    await serve(
      createHttpServer((_request, response) => {
        maxForwards = Math.max(maxForwards, cluster.forwards);
        setImmediate(() => response.writeHead(200).end("[]"));
      }),
    );
    const client = new RegistryClient("http://safe.dev-infra.svc:443", 10_000, forwarder);
    await Promise.all(Array.from({ length: 100 }, () => client.listSubjects()));
    client.close();
    assert.ok(maxForwards > 1 && maxForwards <= 16, `${maxForwards} at once`);
    assert.equal(cluster.asked.filter((path) => path.includes("/portforward")).length, 16);
  });
});
