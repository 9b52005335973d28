import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { UserError } from "@plinth/local/user-error.ts";
import { isLostConnection } from "@plinth/providers/clients/errors.ts";
import { openPortForwarder } from "@plinth/providers/clients/kubernetes/port-forward/open.ts";
import { eventually } from "../../../../../support/eventually.ts";
import { FakeApiServer, type FakeService } from "../../../../../support/kubernetes/fake-api-server.ts";

describe("The route of a port-forward (PLT-2)", () => {
  let cluster: FakeApiServer;
  /** Each sends its name to every client. */
  const servers: Server[] = [];
  const { KUBECONFIG } = process.env;

  beforeEach(async () => {
    cluster = await new FakeApiServer().start();
    process.env.KUBECONFIG = cluster.kubeconfig();
  });
  afterEach(async () => {
    await cluster.stop();
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = KUBECONFIG;
  });

  async function startServer(text: string): Promise<number> {
    const server = createServer((socket) => socket.on("error", () => undefined).end(text));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  }

  /** Connects and returns what the pod sends. Throws the error of the socket. */
  async function receive(host: string, port: number): Promise<string> {
    const forwarder = await openPortForwarder({ context: "kind-staged", namespace: "dev-infra" });
    try {
      const [answer] = (await once(forwarder.connect(host, port), "data")) as [Buffer];
      return answer.toString();
    } finally {
      await forwarder.close();
    }
  }
  const receiveError = async (host: string, port: number): Promise<Error> =>
    receive(host, port).then(
      (text) => assert.fail(`connected: ${text}`),
      (error: Error) => error,
    );

  const workers = async (...pods: [name: string, ready: boolean][]): Promise<FakeService> => ({
    ports: [
      { name: "metrics", port: 9187, target: 9187 },
      { name: "postgres", port: 5432, target: 15432 },
    ],
    pods: await Promise.all(
      pods.map(async ([name, ready]) => ({
        name,
        ready,
        local: {
          15432: await startServer(`${name} postgres`),
          9187: await startServer(`${name} metrics`),
          8008: await startServer(`${name} other`),
        },
      })),
    ),
  });

  it("leads from a Service's port to the pod's port of the same name", async () => {
    cluster.services["citus-coordinator"] = await workers(["citus-coordinator-0", true]);
    assert.equal(await receive("citus-coordinator.dev-infra.svc", 5432), "citus-coordinator-0 postgres");
    assert.equal(await receive("citus-coordinator.dev-infra.svc.cluster.local", 9187), "citus-coordinator-0 metrics");
  });

  it("keeps the path of an API server behind a proxy", async () => {
    cluster.services.redis = await workers(["redis-0", true]);
    process.env.KUBECONFIG = cluster.kubeconfig("kind-staged", `${cluster.url}/k8s/clusters/c-1`);
    assert.equal(await receive("redis.dev-infra.svc", 5432), "redis-0 postgres");
    assert.ok(
      cluster.asked.every((path) => path.startsWith("/k8s/clusters/c-1/")),
      cluster.asked.join(" "),
    );
  });

  it("leads to a ready pod", async () => {
    cluster.services.redpanda = await workers(["redpanda-0", false], ["redpanda-1", true], ["redpanda-2", false]);
    assert.equal(await receive("redpanda.dev-infra.svc", 5432), "redpanda-1 postgres");
  });

  it("leads to the named pod, and to any port of it", async () => {
    cluster.services.workers = { ...(await workers(["w-0", true], ["w-1", true])), headless: true };
    assert.equal(await receive("w-1.workers.dev-infra.svc", 15432), "w-1 postgres");
    assert.equal(await receive("w-1.workers.dev-infra.svc", 8008), "w-1 other");
    assert.equal(await receive("w-0.workers.dev-infra.svc", 8008), "w-0 other");
  });

  it("leads to the next pod if one fails", async () => {
    cluster.services.redpanda = await workers(["redpanda-0", true], ["redpanda-1", true]);
    cluster.services.redpanda.pods[0]!.local = {};
    const forwarder = await openPortForwarder({ context: "kind-staged", namespace: "dev-infra" });
    try {
      await assert.rejects(once(forwarder.connect("redpanda.dev-infra.svc", 5432), "data"), isLostConnection);
      const [answer] = await once(forwarder.connect("redpanda.dev-infra.svc", 5432), "data");
      assert.equal(String(answer), "redpanda-1 postgres");
    } finally {
      await forwarder.close();
    }
  });

  it("leads to the pod that replaced another", async () => {
    cluster.services.db = await workers(["db-a", true]);
    const forwarder = await openPortForwarder({ context: "kind-staged", namespace: "dev-infra" });
    try {
      const [first] = await once(forwarder.connect("db.dev-infra.svc", 5432), "data");
      assert.equal(String(first), "db-a postgres");
      cluster.services.db = await workers(["db-b", true]);
      await eventually("it is found", async () => {
        const [next] = (await once(forwarder.connect("db.dev-infra.svc", 5432), "data").catch(() => [""])) as [Buffer];
        return String(next) === "db-b postgres";
      });
    } finally {
      await forwarder.close();
    }
  });

  for (const [title, prepare, host, expected, fatal] of [
    [
      "no such Service",
      () => undefined,
      "redis.dev-infra.svc",
      /^the cluster of the Kubernetes context 'kind-staged' has no Service redis in namespace dev-infra: bring the stack up there first, or choose another context$/,
      true,
    ],
    [
      "no such port",
      async () => {
        cluster.services.redis = {
          ports: [{ port: 6379, target: 6379 }],
          pods: [{ name: "redis-0", ready: true, local: {} }],
        };
      },
      "redis.dev-infra.svc",
      /^Service redis in namespace dev-infra of the Kubernetes context 'kind-staged' has no port 5432 \(it has 6379\): correct the address$/,
      true,
    ],
    [
      "no right to read Services",
      () => {
        cluster.fault = () => ({
          status: 403,
          message: 'services "redis" is forbidden: User "ci" cannot get resource "services"',
        });
      },
      "redis.dev-infra.svc",
      /^the user of the Kubernetes context 'kind-staged' may not do this \(403\): services "redis" is forbidden: User "ci" cannot get/,
      true,
    ],
    [
      "no right to forward",
      async () => {
        cluster.services.redis = await workers(["redis-0", true]);
        cluster.fault = (path) =>
          path.includes("/portforward")
            ? { status: 403, message: 'User "ci" cannot create resource "pods/portforward"' }
            : undefined;
      },
      "redis.dev-infra.svc",
      /^the user of the Kubernetes context 'kind-staged' may not do this \(403\): User "ci" cannot create resource "pods\/portforward"; ask for a role/,
      true,
    ],
    [
      "expired credentials",
      () => {
        cluster.fault = () => ({ status: 401, message: "Unauthorized" });
      },
      "redis.dev-infra.svc",
      /refuses its credentials \(401\)/,
      true,
    ],
    [
      "no ready pod",
      async () => {
        cluster.services.redis = await workers(["redis-0", false]);
      },
      "redis.dev-infra.svc",
      /^Service redis has no ready pod in namespace dev-infra of the Kubernetes context 'kind-staged': see why with 'kubectl -n dev-infra describe pod redis-0'$/,
      false,
    ],
    [
      "a named pod that is not ready",
      async () => {
        cluster.services.redis = { ...(await workers(["redis-0", false], ["redis-1", true])), headless: true };
      },
      "redis-0.redis.dev-infra.svc",
      /^pod redis-0 of Service redis is not ready in namespace dev-infra/,
      false,
    ],
    [
      "a pod that was just deleted",
      async () => {
        cluster.services.redis = await workers(["redis-0", true]);
        cluster.fault = (path) =>
          path.includes("/portforward") ? { status: 404, message: 'pods "redis-0" not found' } : undefined;
      },
      "redis.dev-infra.svc",
      /^redis.dev-infra.svc cannot be reached in the Kubernetes context 'kind-staged': pods "redis-0" not found$/,
      false,
    ],
    [
      "an API server that answers 503",
      () => {
        cluster.fault = () => ({ status: 503, message: "etcd leader changed" });
      },
      "redis.dev-infra.svc",
      /answers 503 to GET \S+: etcd leader changed$/,
      false,
    ],
    [
      "an API server that cuts the connection",
      () => {
        cluster.fault = () => "cut";
      },
      "redis.dev-infra.svc",
      /^the API server of the Kubernetes context 'kind-staged' .* does not answer: socket hang up/,
      false,
    ],
  ] as const) {
    it(`${fatal ? "fails at once" : "is worth another try"} with ${title}`, async () => {
      await prepare();
      const error = await receiveError(host, 5432);
      assert.match(error.message, expected);
      assert.doesNotMatch(error.message, /s3cret/);
      assert.deepEqual([error instanceof UserError, isLostConnection(error)], [fatal, !fatal]);
    });
  }

  it("stays usable after a connection that its client gave up", async () => {
    cluster.services.redis = await workers(["redis-0", true]);
    cluster.fault = (path) => (path.includes("/portforward") ? "hang" : undefined);
    const forwarder = await openPortForwarder({ context: "kind-staged", namespace: "dev-infra" });
    try {
      const abandoned = forwarder.connect("redis.dev-infra.svc", 5432);
      await eventually("the API server was asked", () => cluster.asked.some((path) => path.includes("/portforward")));
      abandoned.destroy();
      await once(abandoned, "close");
      cluster.fault = () => undefined;
      const [answer] = await once(forwarder.connect("redis.dev-infra.svc", 5432), "data");
      assert.equal(String(answer), "redis-0 postgres");
      assert.equal(forwarder.fatalError(), undefined);
    } finally {
      await forwarder.close();
    }
  });

  it("is worth another try if the API server does not answer", async () => {
    cluster.services.redis = await workers(["redis-0", true]);
    cluster.fault = (path) => (path.includes("/portforward") ? "hang" : undefined);
    const forwarder = await openPortForwarder({ context: "kind-staged", namespace: "dev-infra" }, 1_000);
    try {
      await assert.rejects(once(forwarder.connect("redis.dev-infra.svc", 5432), "data"), (error: Error) => {
        assert.match(error.message, /does not answer: no answer within 1 s/);
        return isLostConnection(error);
      });
    } finally {
      await forwarder.close();
    }
  });

  it("is refused for a missing context", async () => {
    await assert.rejects(
      openPortForwarder({ context: "other", namespace: "dev-infra" }),
      /^no Kubernetes context 'other' is in the kubeconfig: it has kind-staged$/,
    );
  });
});
