import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { WebSocket } from "ws";

/** Opens a stream to a host and port of the cluster's DNS. */
export type DialPod = (host: string, port: number, signal: AbortSignal) => Promise<PodStream>;

export interface PodStream {
  /** Open, and paused until it has a listener, so that no message is lost. */
  webSocket: WebSocket;
  /** The underlying TCP connection, which decides if the process stays alive. */
  socket: Socket;
  /** "pod citus-coordinator-0 in namespace dev-infra", for error messages. */
  target: string;
}

/**
 * A message begins with its channel. The server's first message on each is the port, in two bytes.
 */
const [DATA, ERROR] = [0, 1];
const PORT_HEADER_BYTES = 2;

/** The server reads a message as a whole, and refuses more than 32 MiB. */
const MAX_MESSAGE_BYTES = 256 * 1024;

/** Codes of an orderly close, and the code of a connection that ended without a closing message. */
const NORMAL_CLOSE_CODES = new Set([1000, 1005]);
const ABNORMAL_CLOSE_CODE = 1006;

/**
 * A TCP connection into a pod over a WebSocket of the `v4.channel.k8s.io` protocol. pg, kafkajs,
 * `http.Agent` and `tls.connect({ socket })` use it as a `net.Socket`. Backpressure works in both
 * directions: unread data stays in the API server's connection.
 *
 * The protocol cannot close one direction alone. So `end()` sends all written data and then closes
 * both: answers on their way still arrive, but not those that a server sends only after our end. No
 * client here waits for such an answer.
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
      (stream) => this.#onOpen(stream),
      (error: unknown) => this.destroy(error as Error),
    );
    return this;
  }

  /** Does nothing: messages are sent as soon as they are written. */
  setNoDelay(): this {
    return this;
  }

  /** Does nothing: the connection to the API server keeps itself alive. */
  setKeepAlive(): this {
    return this;
  }

  /** As `net.Socket.setTimeout`: emits 'timeout' after idle milliseconds, or never for 0. */
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

  /** As `net.Socket.destroySoon`: destroys the socket once all data is sent. */
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
    // The server's closing message follows its remaining data, which must not wait for a reader.
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

  #onOpen(stream: PodStream): void {
    const { webSocket, socket } = stream;
    if (this.destroyed) {
      webSocket.terminate();
      return;
    }
    this.#stream = stream;
    this.connecting = false;
    if (!this.#referenced) socket.unref();
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
    // After our end, every close of the server is fine.
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

  /** An error that `isLostConnection` knows. */
  #connectionLostError(reason: string): Error {
    return Object.assign(new Error(`the port-forward to ${this.#stream!.target} was cut: ${reason}`), {
      code: "ECONNRESET",
    });
  }
}
