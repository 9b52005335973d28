import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { processDefaults as standard } from "../../../components/process/defaults.ts";
import type { KubernetesObject } from "../../support/kubernetes/api.ts";
import { type Container, environmentOf, manifestsOf, nameOf, templatesOf } from "../../support/kubernetes/manifests.ts";
import { discoverServices } from "../../support/program/services.ts";
import { startServer } from "../../support/servers/servers.ts";
import { platform } from "../../support/services/platform.ts";
import { assembleImage, commandOf, stagesOf } from "./image.ts";

const PROBES = ["startupProbe", "readinessProbe", "livenessProbe"];
/** A standalone service has its own image, whose command is not here. */
const descriptors = discoverServices(root).filter(({ standalone }) => !standalone);

/** Starts each service only from its manifest and its image, on real servers. */
describe("the manifests of a service", () => {
  let dev: KubernetesObject[];
  let prod: KubernetesObject[];
  before(async () => {
    dev = await manifestsOf("dev");
    prod = await manifestsOf("prod");
  });

  for (const descriptor of descriptors) {
    const { name } = descriptor;

    it(`${name} starts from its image and environment and answers its probes (SDG-3)`, async () => {
      const container = containerOf(dev, name);
      const environment = environmentOf(container, dev);
      const http = container.ports!.find((port) => port.name === "http")!;
      assert.equal(environment.PORT, String(http.containerPort));
      const port = await findFreePort();
      const folder = mkdtempSync(join(tmpdir(), "plinth-image-"));
      assembleImage(name, folder);
      const [program, ...args] = commandOf(stagesOf(name).at(-1)!, "ENTRYPOINT");
      assert.equal(program, "node");
      // A command would replace the image's.
      assert.equal(container.command, undefined);
      const here = { ...(await onThisMachine(environment)), HOST: "127.0.0.1", PORT: String(port), LOG_LEVEL: "warn" };
      const ready = { kind: "http", port, path: httpGet(container, "readinessProbe").path } as const;
      const spec = {
        ...standard(folder),
        command: process.execPath,
        args,
        environment: here,
        ports: { http: port },
        ready,
      };
      const server = await startServer(name, spec, port, `http://127.0.0.1:${port}`);
      try {
        for (const probe of PROBES) {
          const { path, port: asked } = httpGet(container, probe);
          assert.equal(asked, "http", probe);
          assert.equal(await statusOf(`${server.url}${path}`), 200, `${probe}: ${path}`);
        }
        for (const path of [descriptor.metrics, descriptor.openapi])
          assert.equal(await statusOf(`${server.url}${path}`), 200, path);
      } finally {
        // A running consumer would take other tests' records.
        await server.stop();
        rmSync(folder, { recursive: true, force: true });
      }
    });

    it(`${name} has the same variables in both stacks (INF-10)`, () => {
      const names = (manifests: KubernetesObject[]) =>
        Object.keys(environmentOf(containerOf(manifests, name), manifests)).sort();
      assert.deepEqual(names(prod), names(dev));
    });

    it(`${name} has its passwords in a Secret, none in its Deployment (SHOP-7)`, () => {
      const plain = JSON.stringify(dev.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === name));
      assert.doesNotMatch(plain, /:\/\/[^"/@]+:[^"/@]+@/);
    });
  }

  it("every address in a variable is a port of a Service (SDG-4)", () => {
    for (const manifests of [dev, prod]) {
      const known = manifests
        .filter(({ kind }) => kind === "Service")
        .flatMap(({ metadata, spec }) =>
          (spec as { ports: { port: number }[] }).ports.map(
            ({ port }) => `${metadata.name}.${metadata.namespace}.svc.cluster.local:${port}`,
          ),
        );
      const containers = templatesOf(manifests).flatMap(({ workload, template }) =>
        template.spec.containers.map((container) => ({
          of: nameOf(workload),
          variables: environmentOf(container, manifests),
        })),
      );
      const addresses = containers.flatMap(({ of, variables }) =>
        Object.values(variables).flatMap((value) =>
          [...value.matchAll(/[\w.-]+\.svc[\w.]*:\d+/g)].map(([address]) => ({ of, address })),
        ),
      );
      assert.ok(addresses.length >= 4, "there are addresses");
      for (const { of, address } of addresses) assert.ok(known.includes(address), `${of}: ${address}`);
    }
  });

  async function statusOf(url: string): Promise<number> {
    return (await fetch(url)).status;
  }

  function containerOf(manifests: KubernetesObject[], service: string): Container {
    const { template } = templatesOf(manifests).find(
      ({ workload }) => workload.kind === "Deployment" && workload.metadata.name === service,
    )!;
    return template.spec.containers.find((container) => container.name === service)!;
  }

  function httpGet(container: Container, probe: string): { path: string; port: string } {
    return (container[probe] as { httpGet: { path: string; port: string } }).httpGet;
  }

  /** The same variables, with the addresses of the test servers in place of the cluster's. */
  async function onThisMachine(environment: Record<string, string>): Promise<Record<string, string>> {
    const { database, cache, broker, registry } = await platform();
    // Nothing listens there: a service starts and serves without telemetry.
    const absent = { port: await findFreePort() };
    const telemetry = { loki: absent, alloy: absent };
    const servers = {
      "citus-coordinator": database,
      redis: cache,
      redpanda: broker,
      "schema-registry": registry,
      ...telemetry,
    };
    const local = (value: string) =>
      value.replace(/([\w-]+)\.[\w-]+\.svc\.cluster\.local:\d+/g, (address, service: string) => {
        const server = servers[service as keyof typeof servers];
        assert.ok(server, `no test server replaces ${address}`);
        return `localhost:${server.port}`;
      });
    return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, local(value)]));
  }
});
