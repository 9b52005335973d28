import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { json } from "node:stream/consumers";
import { parseRequestTarget } from "@plinth/local/request-target.ts";
import { type WebSocket, WebSocketServer } from "ws";

/** An error answer to a request. "hang" answers nothing, "cut" ends the connection. */
export type Fault = { status: number; message: string } | "hang" | "cut";

export interface FakeService {
  /** As in the API, by number or name. */
  ports: { name?: string; port: number; target: number }[];
  headless?: boolean;
  /** Pods, each with the ports of this machine that stand for its ports. */
  pods: { name: string; ready: boolean; local: Record<number, number> }[];
}

/**
 * The part of an API server that a port-forward needs, with faults when a test wants them:
 * Services, EndpointSlices, and port-forwards of the real protocol to ports of this machine.
 * tests/suites/cluster uses a real API server.
 */
export class FakeApiServer {
  services: Record<string, FakeService> = {};
  /** The body of every answer, instead of JSON. */
  raw: string | undefined;
  /** Namespaces by name, with the annotations that were patched. */
  namespaces: Record<string, { uid: string; annotations: Record<string, string | null>; deletionTimestamp?: string }> =
    {
      "kube-system": { uid: "uid-of-the-cluster", annotations: {} },
    };
  version = { major: "1", minor: "34", gitVersion: "v1.34.1" };
  /** Called for each request. */
  fault: (path: string) => Fault | undefined = () => undefined;
  /** Requested paths, in order. */
  readonly asked: string[] = [];
  /** The authorization header of the last request. */
  authorization: string | undefined;
  readonly #server = createServer((request, response) => this.#answer(request, response));
  readonly #sockets = new Set<Socket>();
  readonly #forwards = new Set<WebSocket>();
  readonly #folder = mkdtempSync(join(tmpdir(), "plinth-staged-"));
  readonly #upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });

  async start(): Promise<this> {
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /**
   * Writes a kubeconfig with this cluster and returns its path. Without TLS the library needs the
   * option not to verify it.
   */
  kubeconfig(context = "kind-staged", server = this.url): string {
    const file = join(mkdtempSync(join(this.#folder, "kube-")), "config");
    const parts = {
      "current-context": context,
      clusters: [{ name: "staged", cluster: { server, "insecure-skip-tls-verify": true } }],
      users: [{ name: "someone", user: { token: "s3cret-token" } }],
      contexts: [{ name: context, context: { cluster: "staged", user: "someone" } }],
    };
    writeFileSync(file, JSON.stringify(parts));
    return file;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#sockets.size;
  }

  get forwards(): number {
    return this.#forwards.size;
  }

  /** Cuts all connections, as a killed API server does. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = "", socket, headers, method } = request;
    const path = decodeURIComponent(url);
    if (method === "PATCH") await this.#patch(path, request);
    this.authorization = headers.authorization;
    this.asked.push(path);
    const fault = this.fault(path);
    if (fault === "hang") return;
    if (fault === "cut") {
      socket.destroy();
      return;
    }
    const found = fault === undefined ? this.#find(path) : undefined;
    response.writeHead(fault?.status ?? (found ? 200 : 404), { "content-type": "application/json" });
    response.end(
      this.raw ?? JSON.stringify(found ?? { kind: "Status", message: fault?.message ?? `${path} not found` }),
    );
  }

  /** Merges annotations into a namespace. */
  async #patch(path: string, request: IncomingMessage): Promise<void> {
    const { metadata } = (await json(request)) as { metadata: { annotations: Record<string, string | null> } };
    const found = this.namespaces[path.split("/").at(-1)!];
    for (const [name, value] of Object.entries(metadata.annotations))
      if (value === null) delete found?.annotations[name];
      else if (found) found.annotations[name] = value;
  }

  #find(path: string): object | undefined {
    if (path === "/version") return this.version;
    if (path === "/apis") return { kind: "APIGroupList", groups: [] };
    const [, namespace] = /^\/api\/v1\/namespaces\/([^/?]+)$/.exec(path) ?? [];
    if (namespace !== undefined) {
      const found = this.namespaces[namespace];
      return found && { kind: "Namespace", metadata: { name: namespace, ...found } };
    }
    const [, one] = /\/services\/([^/?]+)$/.exec(path) ?? [];
    const [, selected] = /\/endpointslices\?labelSelector=kubernetes\.io\/service-name=(.+)$/.exec(path) ?? [];
    if (selected !== undefined)
      return { items: this.services[selected] ? [endpointSlice(this.services[selected])] : [] };
    const service = this.services[one ?? ""];
    return service && { spec: { ...(service.headless && { clusterIP: "None" }), ports: service.ports } };
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { path, query } = parseRequestTarget(request.url);
    this.asked.push(request.url!);
    const fault = this.fault(path);
    if (fault === "hang") {
      // A socket notices that the client is gone only while it reads.
      socket.resume().once("end", () => socket.destroy());
      return;
    }
    const [, pod] = /\/pods\/([^/]+)\/portforward$/.exec(path) ?? [];
    const port = Number(query.get("ports"));
    const target = Object.values(this.services)
      .flatMap(({ pods }) => pods)
      .find(({ name }) => name === pod);
    const status = fault === "cut" ? 500 : (fault?.status ?? (target ? 101 : 404));
    if (status !== 101) {
      const body = JSON.stringify({ message: fault && fault !== "cut" ? fault.message : `pods "${pod}" not found` });
      socket.end(
        fault === "cut"
          ? ""
          : `HTTP/1.1 ${status} Refused\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      );
      return;
    }
    this.#upgrades.handleUpgrade(request, socket, head, (webSocket) =>
      this.#forward(webSocket, port, target!.local[port]),
    );
  }

  #forward(webSocket: WebSocket, port: number, local: number | undefined): void {
    this.#forwards.add(webSocket);
    webSocket.once("close", () => this.#forwards.delete(webSocket));
    const send = (channel: number, content: Uint8Array) => webSocket.send(Buffer.concat([Buffer.of(channel), content]));
    for (const channel of [0, 1]) send(channel, Buffer.of(port & 255, port >> 8));
    const upstream = connect(local ?? 1, "127.0.0.1");
    upstream.on("data", (content) => {
      send(0, content);
      // As a node does, stops reading from the pod while the client does not read.
      if (webSocket.bufferedAmount > 1 << 20) upstream.pause();
    });
    const drained = setInterval(() => webSocket.bufferedAmount < 1 << 19 && upstream.resume(), 5);
    upstream.on("error", (error) => send(1, Buffer.from(`error forwarding port ${port} to pod: ${error.message}`)));
    upstream.on("close", () => webSocket.close(1000));
    webSocket.on("message", (message: Buffer) => {
      if (message[0] === 0 && !upstream.write(message.subarray(1))) {
        webSocket.pause();
        upstream.once("drain", () => webSocket.resume());
      }
    });
    webSocket.on("close", () => {
      clearInterval(drained);
      upstream.resume().end();
    });
    webSocket.on("error", () => upstream.destroy());
  }
}

function endpointSlice({ ports, pods }: FakeService): object {
  return {
    ports: ports.map(({ name, target }) => ({ ...(name !== undefined && { name }), port: target })),
    endpoints: pods.map(({ name, ready }) => ({
      conditions: { ready },
      hostname: name,
      targetRef: { kind: "Pod", name },
    })),
  };
}
