import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { isLostConnection } from "@plinth/providers/clients/errors.ts";
import type { PortForwarder } from "@plinth/providers/clients/kubernetes/port-forward/forwarder.ts";
import { openPortForwarder } from "@plinth/providers/clients/kubernetes/port-forward/open.ts";
import { withDatabase } from "@plinth/providers/clients/postgres/database.ts";
import { eventually } from "../../support/eventually.ts";
import { type Cluster, cluster } from "../../support/kubernetes/cluster.ts";
import { createStandIn } from "../../support/kubernetes/stand-in.ts";
import { postgres } from "../../support/servers/servers.ts";

const NAMESPACE = "port-forward";
const MiB = 1 << 20;

describe("A port-forward through a real API server (PLT-2)", () => {
  const { KUBECONFIG } = process.env;
  let running: Cluster;
  let echo: Server;
  let databaseUrl: string;
  const accepted = new Set<Socket>();
  const access = () => ({ context: running.context, namespace: NAMESPACE });

  before(async () => {
    echo = createServer((socket) => {
      accepted.add(socket);
      socket.once("close", () => accepted.delete(socket));
      socket.on("error", () => undefined).pipe(socket);
    });
    await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
    const database = await postgres();
    running = await cluster();
    process.env.KUBECONFIG = running.kubeconfig;
    databaseUrl = database.url.replace(`localhost:${database.port}`, `citus-coordinator.${NAMESPACE}.svc:5432`);
    const services = {
      "citus-coordinator": { 5432: database.port },
      echo: { 7: (echo.address() as AddressInfo).port },
    };
    await createStandIn(running, { namespace: NAMESPACE, name: "everything", headless: "everything-pods", services });
    // KWOK serves a declared forward a moment later.
    await withOpen((forwarder) =>
      eventually("the echo answers", () => answerOf(forwarder, `echo.${NAMESPACE}.svc`, 7)),
    );
  });
  after(async () => {
    if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = KUBECONFIG;
    for (const socket of accepted) socket.destroy();
    await new Promise((resolve) => echo.close(resolve));
  });

  async function withOpen<T>(work: (forwarder: PortForwarder) => Promise<T>): Promise<T> {
    const forwarder = await openPortForwarder(access());
    return work(forwarder).finally(() => forwarder.close());
  }

  /** Sends "hello" and returns the echo; undefined if the connection broke. */
  async function answerOf(forwarder: PortForwarder, host: string, port: number): Promise<string | undefined> {
    const client = forwarder.connect(host, port);
    client.write("hello");
    return once(client, "data").then(
      ([answer]) => String(answer),
      () => undefined,
    );
  }

  it("carries 20 MiB each way unchanged", () =>
    withOpen(async (forwarder) => {
      const client = forwarder.connect(`echo.${NAMESPACE}.svc`, 7);
      const sent = randomBytes(20 * MiB);
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
    }));

  it("reaches the named pod of a headless Service at any port", () =>
    withOpen(async (forwarder) => {
      assert.equal(
        await answerOf(forwarder, `everything-0.everything-pods.${NAMESPACE}.svc.cluster.local`, 7),
        "hello",
      );
    }));

  it("reaches a pod's port by its name and by its number", async () => {
    const port = (echo.address() as AddressInfo).port;
    await running.api.apply({
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { namespace: NAMESPACE, name: "named" },
      spec: {
        serviceName: "named",
        replicas: 1,
        selector: { matchLabels: { app: "named" } },
        template: {
          metadata: { labels: { app: "named" } },
          spec: {
            containers: [{ name: "named", image: "stand-in:1", ports: [{ name: "talk", containerPort: 7007 }] }],
          },
        },
      },
    } as never);
    await running.api.apply({
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace: NAMESPACE, name: "named" },
      spec: {
        selector: { app: "named" },
        ports: [
          { name: "by-name", port: 80, targetPort: "talk" },
          { name: "by-number", port: 81, targetPort: 7007 },
        ],
      },
    } as never);
    await running.forward({ namespace: NAMESPACE, name: "named-0", port: 7007 }, port);
    await withOpen(async (forwarder) => {
      for (const number of [80, 81]) {
        const answer = await eventually(`port ${number} answers`, () =>
          answerOf(forwarder, `named.${NAMESPACE}.svc`, number),
        );
        assert.equal(answer, "hello");
      }
    });
  });

  it("opens 50 connections at once", () =>
    withOpen(async (forwarder) => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          const client = forwarder.connect(`echo.${NAMESPACE}.svc`, 7);
          client.write(`hello ${index}`);
          const [answer] = await once(client, "data");
          return String(answer);
        }),
      );
      assert.deepEqual(
        answers,
        Array.from({ length: 50 }, (_, index) => `hello ${index}`),
      );
    }));

  it("leaves neither a socket nor a timer behind", async () => {
    // Unlike a node, KWOK keeps its connection to the server until the server ends it.
    const endEchoes = () =>
      eventually("the echoes are gone", () => [...accepted].map((socket) => socket.destroy()).length === 0);
    const open = () =>
      process
        .getActiveResourcesInfo()
        .filter((kind) => /TCPSocket|TLS|Timeout|FSReq|Pipe/.test(kind))
        .sort();
    await endEchoes();
    // What earlier tests have closed takes a while to go, the longer the busier the machine is.
    let idle = open();
    let since = Date.now();
    await eventually(
      "what is open stays the same for a second",
      () => {
        const now = open();
        if (!isDeepStrictEqual(now, idle)) [idle, since] = [now, Date.now()];
        return Date.now() - since > 1000;
      },
      20,
    );
    await withOpen(async (forwarder) => {
      const clients = Array.from({ length: 5 }, () => forwarder.connect(`echo.${NAMESPACE}.svc`, 7));
      await Promise.all(clients.map((client) => once(client, "connect")));
      forwarder.connect(`echo.${NAMESPACE}.svc`, 7);
      assert.ok(open().length >= idle.length + 5, "the test sees what is open");
    });
    await endEchoes();
    await eventually("nothing more is open than before", () => isDeepStrictEqual(open(), idle), 3);
  });

  it("queries PostgreSQL, 20 MB in one answer", async () => {
    const rows = await withDatabase({ url: databaseUrl, cluster: access() }, 20_000, async (client) => {
      const { rows } = await client.query<{ length: number; text: string }>("select repeat('x', 20000000) as text");
      return rows;
    });
    assert.equal(rows[0]!.text.length, 20_000_000);
  });

  it("repeats the work after the API server was killed (PLT-10)", async () => {
    let tries = 0;
    // After a restart, the nodes may take a minute to watch port-forwards again.
    const answer = await withDatabase({ url: databaseUrl, cluster: access() }, 150_000, async (client) => {
      tries++;
      await client.query("select 1");
      if (tries === 1)
        await Promise.all([running.restartApiServer(), assert.rejects(client.query("select pg_sleep(60)"))]);
      const { rows } = await client.query<{ port: number }>("select inet_server_port() as port");
      return rows[0]!.port;
    });
    assert.equal(answer, (await postgres()).port);
    assert.ok(tries >= 2);
  });

  it("breaks a connection as lost when the API server is killed", () =>
    withOpen(async (forwarder) => {
      const client = forwarder.connect(`echo.${NAMESPACE}.svc`, 7);
      await once(client, "connect");
      const [[error]] = await Promise.all([once(client, "error") as Promise<[Error]>, running.restartApiServer()]);
      assert.ok(isLostConnection(error), error.message);
      assert.match(error.message, /^the port-forward to pod everything-0 in namespace port-forward was cut: /);
    }));

  it("waits for a pod that does not exist yet", async () => {
    const late = { namespace: NAMESPACE, name: "late", headless: "late-pods" };
    await running.api.apply({
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace: NAMESPACE, name: "late-db" },
      spec: { selector: { app: "late" }, ports: [{ name: "port-5432", port: 5432, targetPort: 5432 }] },
    } as never);
    const url = databaseUrl.replace("citus-coordinator", "late-db");
    const query = withDatabase(
      { url, cluster: access() },
      60_000,
      async (client) => (await client.query("select 1 as one")).rows,
    );
    await createStandIn(running, { ...late, services: { "late-db": { 5432: (await postgres()).port } } });
    assert.deepEqual(await query, [{ one: 1 }]);
  });

  it("names the Service without a ready pod at the deadline", async () => {
    await running.api.apply({
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace: NAMESPACE, name: "unready" },
      spec: { selector: { app: "unready" }, ports: [{ port: 5432 }] },
    } as never);
    await assert.rejects(
      withDatabase(
        { url: databaseUrl.replace("citus-coordinator", "unready"), cluster: access() },
        1_000,
        async () => undefined,
      ),
      /^the database postgresql:\/\/app@unready\.port-forward\.svc:5432\/app did not serve the request within 1 s: Service unready has no ready pod in namespace port-forward of the Kubernetes context 'plinth-test': 'kubectl -n port-forward get pods' shows what there is/,
    );
  });

  it("fails at once for a missing Service", async () => {
    const started = Date.now();
    await assert.rejects(
      withDatabase(
        { url: databaseUrl.replace("citus-coordinator", "missing"), cluster: access() },
        30_000,
        async () => undefined,
      ),
      /^the cluster of the Kubernetes context 'plinth-test' has no Service missing in namespace port-forward: bring the stack up there first, or choose another context$/,
    );
    assert.ok(Date.now() - started < 5_000);
  });
});
