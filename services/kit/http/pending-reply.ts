import type { Socket } from "node:net";
import type { FastifyReply } from "fastify";

/**
 * Holds the reply that a connection waits for; null between two requests. A listener for each
 * request would cost more than its log line, so there is one for each connection.
 */
export const pendingReply = Symbol("pendingReply");

export type TrackedSocket = Socket & { [pendingReply]?: FastifyReply | null };

/** The last reply that the connection waits for. */
export function pendingReplyOf(socket: Socket): FastifyReply | undefined {
  return (socket as TrackedSocket)[pendingReply] ?? undefined;
}
