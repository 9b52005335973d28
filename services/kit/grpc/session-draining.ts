import { constants, type ServerHttp2Session } from "node:http2";

/** Longer than a message travels within a cluster. */
const GOAWAY_NOTICE_MS = 50;

/**
 * Ends a connection without losing a call. The client is first told to open no more calls here.
 * Calls are refused only after the notice must have arrived; the refusal says that they may be made
 * elsewhere. A ping cannot show when it has arrived: Node's client no longer answers pings then,
 * and holds its unsent calls until the refusal. Source: RFC 9113, 6.8.
 */
export function drainSession(session: ServerHttp2Session): void {
  if (session.closed || session.destroyed) return;
  session.goaway(constants.NGHTTP2_NO_ERROR, 2 ** 31 - 1);
  setTimeout(() => session.close(), GOAWAY_NOTICE_MS);
}
