import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseRequestTarget } from "@plinth/local/request-target.ts";
import { PodLogs } from "../../../../cli/logs/pod-logs.ts";
import { eventually } from "../../../support/eventually.ts";

const line = (time: string, msg: string) => `${time} ${JSON.stringify({ level: "info", time, msg })}\n`;
const pod = (name: string, service: string, phase = "Running") => ({
  metadata: { name, labels: { "app.kubernetes.io/name": service } },
  spec: { containers: [{ name: "main" }] },
  status: { phase },
});

describe("make logs of a stack in a cluster, through its API server (INF-15)", () => {
  const { KUBECONFIG } = process.env;
  let folder: string;
  let server: http.Server;
  let pods: ReturnType<typeof pod>[];
  /** Of each request for a log, its pod and query. */
  let asked: string[];
  /** Streams that are followed, by pod. */
  let streams: Map<string, http.ServerResponse>;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "plinth-pods-"));
    [pods, asked, streams] = [
      [pod("wallet-1", "wallet"), pod("redis-0", "redis"), pod("wallet-2", "wallet", "Pending")],
      [],
      new Map(),
    ];
    server = http.createServer((request, response) => {
      const { path: pathname, query: searchParams } = parseRequestTarget(request.url);
      const [, name] = /\/namespaces\/shop\/pods\/([^/]+)\/log$/.exec(pathname) ?? [];
      if (name === undefined) return void response.end(JSON.stringify({ items: pods }));
      asked.push(`${name} ${searchParams}`);
      if (name === "redis-0") return void response.writeHead(404).end(JSON.stringify({ message: "container is gone" }));
      response.write(line("2026-11-21T08:00:00.500Z", `first of ${name}`));
      response.write("2026-11-21T08:00:01.250000001Z     at main.ts:3\n");
      if (searchParams.get("follow") === "true") streams.set(name, response);
      else response.end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const file = join(folder, "config");
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    writeFileSync(
      file,
      JSON.stringify({
        clusters: [{ name: "c", cluster: { server: address, "insecure-skip-tls-verify": true } }],
        users: [{ name: "u", user: {} }],
        contexts: [{ name: "kind-test", context: { cluster: "c", user: "u" } }],
        "current-context": "kind-test",
      }),
    );
    process.env.KUBECONFIG = file;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
    if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = KUBECONFIG;
  });

  it("reads the lines of each container, with the API server's time where a line has none", async () => {
    const logs = await PodLogs.connect({ context: "kind-test", namespace: "shop" });
    assert.deepEqual(await logs.listServices(), ["redis", "wallet"]);
    const records = await logs.readHistory(["wallet", "redis"], undefined, 7);
    assert.deepEqual(
      records.map(({ service, time, message, startsRecord }) => [
        service,
        new Date(time).toISOString(),
        message,
        startsRecord,
      ]),
      [
        ["wallet", "2026-11-21T08:00:00.500Z", "first of wallet-1", true],
        ["wallet", "2026-11-21T08:00:01.250Z", "    at main.ts:3", false],
      ],
    );
    assert.deepEqual(asked.sort(), [
      "redis-0 container=main&timestamps=true&tailLines=7",
      "wallet-1 container=main&timestamps=true&tailLines=7",
    ]);
    await logs.readHistory(["wallet"], Date.parse("2026-11-21T07:00:00Z"), 7);
    assert.equal(asked.at(-1), "wallet-1 container=main&timestamps=true&sinceTime=2026-11-21T07%3A00%3A00.000Z");
  });

  it("follows pods, also later ones", async () => {
    const logs = await PodLogs.connect({ context: "kind-test", namespace: "shop" });
    const ended = new AbortController();
    const followed: string[] = [];
    const following = logs.follow(["wallet"], ({ message }) => followed.push(message), ended.signal);
    await eventually("the first is followed", () => streams.has("wallet-1"));
    streams.get("wallet-1")!.write(line("2026-11-21T08:00:02.000Z", "added"));
    await eventually("the added line is followed", () => followed.includes("added"));
    pods.push(pod("wallet-3", "wallet"));
    await eventually("the later pod is followed from its start", () => followed.includes("first of wallet-3"));
    ended.abort();
    await following;
    assert.deepEqual(
      asked.map((one) => one.replace("container=main&timestamps=true&", "")),
      ["wallet-1 follow=true&tailLines=0", "wallet-3 follow=true"],
    );
  });

  it("reports a refusal of the cluster in one sentence", async () => {
    const logs = await PodLogs.connect({ context: "kind-test", namespace: "shop" });
    server
      .removeAllListeners("request")
      .on("request", (_request, response) =>
        response.writeHead(403).end(JSON.stringify({ message: "pods is forbidden" })),
      );
    await assert.rejects(
      logs.listServices(),
      /the user of the Kubernetes context 'kind-test' may not do this \(403\): pods is forbidden/,
    );
  });
});
