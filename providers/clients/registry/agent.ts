import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { PortForwarder } from "../kubernetes/port-forward/forwarder.ts";

/**
 * Requests in flight, one a connection; connections are kept. A registry that writes to a broker
 * shares round trips among concurrent requests.
 */
export const MAX_CONNECTIONS = 64;

/**
 * Each forwarded connection costs the API server and the node one: enough of them to hide the
 * latency, few enough to be polite.
 */
const MAX_FORWARDED_CONNECTIONS = 16;

/**
 * Creates an agent that keeps connections, and opens them through the port-forwarder if there is
 * one. TLS ends at the registry, not at the API server.
 */
export function createAgent(protocol: string, forwarder: PortForwarder | undefined): HttpAgent {
  const secure = protocol === "https:";
  const settings = { keepAlive: true, maxSockets: forwarder ? MAX_FORWARDED_CONNECTIONS : MAX_CONNECTIONS };
  const agent = secure ? new HttpsAgent(settings) : new HttpAgent(settings);
  if (forwarder === undefined) return agent;
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = forwarder.connect(options.host ?? "", Number(options.port));
    return secure ? connect(Object.assign({}, options, { socket }), callback) : socket;
  };
  return agent;
}
