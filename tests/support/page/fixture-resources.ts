import type { Resource } from "@plinth/local/page/model/resource.ts";
import type { ResourceSource } from "@plinth/local/page/model/sources.ts";

const STORES: readonly [string, Resource["kind"], string[]][] = [
  ["postgresql", "database", []],
  ["kafka", "broker", []],
  ["schema-registry", "registry", ["kafka"]],
  ["redis", "cache", []],
  ["victoria-logs", "observability", []],
  ["victoria-metrics", "observability", []],
  ["vmalert", "observability", ["victoria-metrics"]],
  ["observability", "observability", ["victoria-logs", "victoria-metrics"]],
];

/** A stack of services and their stores, of which one backs off. */
export class FixtureResources implements ResourceSource {
  readonly resources: Resource[];
  readonly acted: string[] = [];
  consoleText = "\u001b[32mlistening on 8080\u001b[0m\n";
  private readonly consoles = new Set<(text: string) => void>();

  constructor(services: readonly string[]) {
    const stores = STORES.map(([name, kind, uses]) => createResource(name, kind, uses));
    this.resources = [
      ...services.map((name, index) =>
        createResource(name, "service", [
          "postgresql",
          ...(index % 2 === 0 ? ["redis"] : []),
          ...(index % 3 === 0 ? ["kafka", "schema-registry"] : []),
          ...(name === "gateway" ? ["wallet", "orders", "users"] : []),
        ]),
      ),
      ...stores,
    ];
    const failing = this.resources[3];
    if (failing?.kind === "service")
      Object.assign(failing, { state: "backing-off", restarts: 4, lastExit: "exit code 1" });
  }

  async list(): Promise<Resource[]> {
    return structuredClone(this.resources);
  }

  async act(name: string, action: "start" | "stop" | "restart"): Promise<void> {
    this.acted.push(`${action} ${name}`);
    const resource = this.resources.find((each) => each.name === name);
    if (resource !== undefined) resource.state = action === "stop" ? "stopped" : "ready";
  }

  async console(): Promise<string> {
    return this.consoleText;
  }

  writeConsole(text: string): void {
    this.consoleText += text;
    for (const console of this.consoles) console(text);
  }

  async *followConsole(_name: string, _bytes: number, signal: AbortSignal): AsyncIterable<string> {
    yield this.consoleText;
    const queue: string[] = [];
    let wake = () => {};
    const console = (text: string) => {
      queue.push(text);
      wake();
    };
    this.consoles.add(console);
    signal.addEventListener("abort", () => wake());
    while (!signal.aborted) {
      if (queue.length > 0) yield queue.shift()!;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
    this.consoles.delete(console);
  }
}

function createResource(name: string, kind: Resource["kind"], uses: string[]): Resource {
  return {
    name,
    kind,
    state: "ready",
    since: new Date(Date.now() - 47 * 60_000).toISOString(),
    pid: 4000 + name.length,
    restarts: 0,
    endpoints: kind === "service" ? [{ name: "http", url: `http://localhost:${8080 + name.length}` }] : [],
    cpu: (name.length % 7) / 40,
    memory: 40e6 + name.length * 3e6,
    environment: { PORT: "8080", LOG_LEVEL: "info", DATABASE_URL: "***", LOKI_URL: "http://localhost:3100" },
    uses,
    actions: ["stop", "restart"],
  };
}
