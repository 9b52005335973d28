import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { processDefaults as standard } from "../../../components/process/defaults.ts";
import { discoverServices } from "../../../components/service/descriptor.ts";
import type { KubernetesObject } from "../../support/kubernetes/api.ts";
import { type Container, environmentOf, manifestsOf, nameOf, templatesOf } from "../../support/kubernetes/manifests.ts";
import { findFreePort, startServer } from "../../support/servers/servers.ts";
import { platform } from "../../support/services/platform.ts";
import { assembleImage, commandOf, stagesOf } from "./image.ts";

const PROBES = ["startupProbe", "readinessProbe", "livenessProbe"];
/** Those with an image of their own have no command here. */
const descriptors = discoverServices(root).filter(({ standalone }) => !standalone);

/**
 * A service is started here by nothing but what its manifest and its image say, on the platform's
 * real servers.
 */
describe("what manifests say of a service", () => {
  let dev: KubernetesObject[];
  let prod: KubernetesObject[];
  before(async () => {
    dev = await manifestsOf("dev");
    prod = await manifestsOf("prod");
  });

  for (const descriptor of descriptors) {
    const { name } = descriptor;

    it(`${name} starts from its image in its environment, and answers where its probes ask (SDG-3)`, async () => {
      const container = containerOf(dev, name);
      const environment = environmentOf(container, dev);
      const http = container.ports!.find((port) => port.name === "http")!;
      assert.equal(environment.PORT, String(http.containerPort));
      const port = await findFreePort();
      const folder = mkdtempSync(join(tmpdir(), "plinth-image-"));
      assembleImage(name, folder);
      const [program, ...args] = commandOf(stagesOf(name).at(-1)!, "ENTRYPOINT");
      assert.equal(program, "node");
      // It would stand in the place of the image's own.
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
        // It would take its share of the other tests' records.
        await server.stop();
        rmSync(folder, { recursive: true, force: true });
      }
    });

    it(`${name} is given the same variables in both stacks (INF-10)`, () => {
      const names = (manifests: KubernetesObject[]) =>
        Object.keys(environmentOf(containerOf(manifests, name), manifests)).sort();
      assert.deepEqual(names(prod), names(dev));
    });

    it(`${name} has its passwords from a Secret, and none in its Deployment (SHOP-7)`, () => {
      const plain = JSON.stringify(dev.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === name));
      assert.doesNotMatch(plain, /:\/\/[^"/@]+:[^"/@]+@/);
    });
  }

  it("every address that a variable holds is a port of one of the stack's Services (SDG-4)", () => {
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

  /** The same variables, but with the addresses of the servers that stand for the cluster's. */
  async function onThisMachine(environment: Record<string, string>): Promise<Record<string, string>> {
    const { database, cache, broker, registry } = await platform();
    const servers = { "citus-coordinator": database, redis: cache, redpanda: broker, "schema-registry": registry };
    const local = (value: string) =>
      value.replace(/([\w-]+)\.[\w-]+\.svc\.cluster\.local:\d+/g, (address, service: string) => {
        const server = servers[service as keyof typeof servers];
        assert.ok(server, `nothing stands for ${address}`);
        return `localhost:${server.port}`;
      });
    return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, local(value)]));
  }
});
