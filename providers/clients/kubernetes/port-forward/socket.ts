import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { WebSocket } from "ws";

/** Opens the port-forward to a host and port as the cluster's DNS has them. */
export type DialPod = (host: string, port: number, signal: AbortSignal) => Promise<PodStream>;

export interface PodStream {
  /** Open and paused, so that no message is missed before there is a listener. */
  webSocket: WebSocket;
  /** The TCP connection beneath, which keeps the process alive or not. */
  socket: Socket;
  /** "pod citus-coordinator-0 in namespace dev-infra", for error messages. */
  target: string;
}

/** A message begins with its channel. The server's first message on each is the port, two bytes. */
const [DATA, ERROR] = [0, 1];
const PORT_HEADER_BYTES = 2;

/** The other side reads a message as a whole, and refuses one of more than 32 MiB. */
const MAX_MESSAGE_BYTES = 256 * 1024;

/**
 * Codes of a peer that closes in order; and the one of a connection that ended without a closing
 * message.
 */
const NORMAL_CLOSE_CODES = new Set([1000, 1005]);
const ABNORMAL_CLOSE_CODE = 1006;

/**
 * A TCP connection into a pod, carried by a WebSocket of the `v4.channel.k8s.io` protocol; used as
 * a `net.Socket` is, by pg, kafkajs, `http.Agent` and `tls.connect({ socket })`. Pressure goes back
 * both ways: what is not read here is not taken from the API server's connection.
 *
 * The protocol cannot close one direction alone. So `end()` sends all that was written and then
 * closes both: answers that are on their way still arrive, one that the server would make only
 * after our end does not. None of the clients here waits for such.
 */
export class PortForwardSocket extends Duplex {
  connecting = false;
  readonly #dial: DialPod;
  readonly #aborter = new AbortController();
  #stream: PodStream | undefined;
  #pendingWrite: (() => void) | undefined;
  readonly #portHeaderBytesLeft = [PORT_HEADER_BYTES, PORT_HEADER_BYTES];
  #idleTimer: NodeJS.Timeout | undefined;
  #referenced = true;

  constructor(dial: DialPod) {
    super({ allowHalfOpen: false });
    this.#dial = dial;
  }

  /** As `net.Socket.connect`: 'connect' follows, or 'error'. */
  connect(port: number, host: string): this {
    this.connecting = true;
    this.#dial(host, port, this.#aborter.signal).then(
      (forward) => this.#onOpen(forward),
      (error: unknown) => this.destroy(error as Error),
    );
    return this;
  }

  /** Messages are sent as soon as they are written. */
  setNoDelay(): this {
    return this;
  }

  /** The connection to the API server has it set already. */
  setKeepAlive(): this {
    return this;
  }

  /** As `net.Socket.setTimeout`: 'timeout' after so many idle milliseconds, 0 for never. */
  setTimeout(milliseconds: number, listener?: () => void): this {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    if (milliseconds > 0) {
      this.#idleTimer = setTimeout(() => this.emit("timeout"), milliseconds).unref();
      if (listener) this.once("timeout", listener);
    } else if (listener) this.off("timeout", listener);
    return this;
  }

  ref(): this {
    this.#referenced = true;
    this.#stream?.socket.ref();
    return this;
  }

  unref(): this {
    this.#referenced = false;
    this.#stream?.socket.unref();
    return this;
  }

  /** As `net.Socket.destroySoon`: once all is sent. */
  destroySoon(): void {
    this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  override _read(): void {
    if (this.#stream?.webSocket.isPaused) this.#stream.webSocket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#stream === undefined) this.#pendingWrite = () => this.#send(chunk, 0, done);
    else this.#send(chunk, 0, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#stream === undefined) {
      this.destroy();
      done();
      return;
    }
    const { webSocket } = this.#stream;
    if (webSocket.readyState === webSocket.CLOSED) {
      done();
      return;
    }
    webSocket.once("close", () => done());
    webSocket.close(1000);
    // The closing message of the other side comes after what it still had to say, which must not
    // wait for a reader here.
    webSocket.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.connecting = false;
    clearTimeout(this.#idleTimer);
    this.#aborter.abort();
    const webSocket = this.#stream?.webSocket;
    if (webSocket === undefined || webSocket.readyState === webSocket.CLOSED) {
      done(error);
      return;
    }
    webSocket.once("close", () => done(error));
    webSocket.terminate();
  }

  #onOpen(forward: PodStream): void {
    const { webSocket } = forward;
    if (this.destroyed) {
      webSocket.terminate();
      return;
    }
    this.#stream = forward;
    this.connecting = false;
    if (!this.#referenced) forward.socket.unref();
    webSocket.on("message", (message) => this.#onMessage(message as Buffer));
    webSocket.on("close", (code) => this.#onClose(code));
    if (webSocket.readyState === webSocket.CLOSED) {
      this.#onClose(ABNORMAL_CLOSE_CODE);
      return;
    }
    webSocket.resume();
    this.emit("connect");
    this.emit("ready");
    this.#pendingWrite?.();
  }

  #onMessage(message: Buffer): void {
    this.#idleTimer?.refresh();
    const channel = message[0]!;
    const skipped = Math.min(this.#portHeaderBytesLeft[channel] ?? 0, message.length - 1);
    if (channel === DATA || channel === ERROR) this.#portHeaderBytesLeft[channel]! -= skipped;
    const content = message.subarray(1 + skipped);
    if (content.length === 0) return;
    if (channel === ERROR) this.destroy(this.#connectionLostError(content.toString("utf8").split("\n")[0]!));
    else if (channel === DATA && !this.push(content) && !this.writableEnded) this.#stream!.webSocket.pause();
  }

  #onClose(code: number): void {
    if (this.destroyed || this.readableEnded) return;
    // Once we have said that we are done, however the other side takes leave is fine.
    if (NORMAL_CLOSE_CODES.has(code) || this.writableEnded) this.push(null);
    else this.destroy(this.#connectionLostError("the API server or the node closed it"));
  }

  #send(chunk: Buffer, from: number, done: (error?: Error | null) => void): void {
    const part = chunk.subarray(from, from + MAX_MESSAGE_BYTES);
    const message = Buffer.allocUnsafe(part.length + 1);
    message[0] = DATA;
    part.copy(message, 1);
    this.#stream!.webSocket.send(message, (error) => {
      this.#idleTimer?.refresh();
      const next = from + part.length;
      if (error) done(this.#connectionLostError(error.message));
      else if (next < chunk.length) this.#send(chunk, next, done);
      else done();
    });
  }

  /** Counted as a lost connection by everything that tries again. */
  #connectionLostError(reason: string): Error {
    return Object.assign(new Error(`the port-forward to ${this.#stream!.target} was cut: ${reason}`), {
      code: "ECONNRESET",
    });
  }
}
