import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { PortForwarder } from "../kubernetes/port-forward/with-forwarder.ts";

/**
 * Requests in flight, each on a connection of its own that is kept for the next. Registries that
 * write to a broker share its round trips among them.
 */
export const MAX_CONNECTIONS = 64;

/**
 * Through a tunnel each connection is one that the API server and the node carry: enough to hide
 * the way there, few enough to be polite.
 */
const MAX_FORWARDED_CONNECTIONS = 16;

/**
 * Keeps connections, and makes them through the tunnel where there is one. TLS, if any, is between
 * here and the registry.
 */
export function createAgent(protocol: string, tunnel: PortForwarder | undefined): HttpAgent {
  const secure = protocol === "https:";
  const options = { keepAlive: true, maxSockets: tunnel ? MAX_FORWARDED_CONNECTIONS : MAX_CONNECTIONS };
  const agent = secure ? new HttpsAgent(options) : new HttpAgent(options);
  if (tunnel === undefined) return agent;
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (to, callback) => {
    const socket = tunnel.connect(to.host ?? "", Number(to.port));
    return secure ? connect(Object.assign({}, to, { socket }), callback) : socket;
  };
  return agent;
}
