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

/**
 * A shared key spares the test a certificate; what is proved is that TLS goes on top of the tunnel.
 */
const psk = Buffer.alloc(32, 7);
const ofServer: TlsOptions = { pskCallback: () => psk, ciphers: "PSK" };
const ofClient: ConnectionOptions = {
  pskCallback: () => ({ psk, identity: "test" }),
  ciphers: "PSK",
  checkServerIdentity: () => undefined,
};

describe("PLT-2 on top of the tunnel", () => {
  let cluster: FakeApiServer;
  let tunnel: PortForwarder;
  let server: Server;
  const { KUBECONFIG } = process.env;

  beforeEach(async () => {
    cluster = await new FakeApiServer().start();
    process.env.KUBECONFIG = cluster.kubeconfig();
    tunnel = await openPortForwarder({ context: "kind-staged", namespace: "dev-infra" });
  });
  afterEach(async () => {
    await tunnel.close();
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

  // As pg does after the server has agreed to TLS, and kafkajs from the start.
  it("TLS is spoken by whoever is given a socket", async () => {
    await serve(createServer(ofServer, (socket) => socket.pipe(socket)));
    const socket = connect({ ...ofClient, socket: tunnel.connect("safe.dev-infra.svc", 443) });
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

  it("HTTPS is spoken by the registry's agent", async () => {
    await serve(createHttpsServer(ofServer, (_request, response) => response.end("hello")));
    const agent = createAgent("https:", tunnel);
    try {
      const [response] = await once(request("https://safe.dev-infra.svc/", { agent, ...ofClient }).end(), "response");
      let text = "";
      for await (const chunk of response) text += String(chunk);
      assert.equal(text, "hello");
    } finally {
      agent.destroy();
    }
  });

  it("HTTP keeps its connections, never more than 16, and closes them with its client", async () => {
    let most = 0;
    await serve(
      createHttpServer((_request, response) => {
        most = Math.max(most, cluster.forwards);
        setImmediate(() => response.writeHead(200).end("[]"));
      }),
    );
    const client = new RegistryClient("http://safe.dev-infra.svc:443", 10_000, tunnel);
    await Promise.all(Array.from({ length: 100 }, () => client.listSubjects()));
    client.close();
    assert.ok(most > 1 && most <= 16, `${most} at once`);
    assert.equal(cluster.asked.filter((path) => path.includes("/portforward")).length, 16);
  });
});
