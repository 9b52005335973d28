import { type AddressInfo, connect, createServer } from "node:net";

/** A statement that a service sent, with its bound values. */
export interface CapturedStatement {
  text: string;
  values: readonly (string | Buffer | null)[];
  /** What the transaction had set: a tenant, `system`, or nothing. */
  scope: { tenant: number } | "system" | "none";
}

export interface SqlProxy {
  port: number;
  statements: CapturedStatement[];
  stop(): Promise<void>;
}

/** Starts a proxy to a local PostgreSQL that captures statements of a service in any language. */
export async function startSqlProxy(target: number): Promise<SqlProxy> {
  const statements: CapturedStatement[] = [];
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    const session = new Session((statement) => statements.push(statement));
    client.on("data", (chunk) => session.receive(chunk));
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.pipe(to);
      from.once("error", () => to.destroy()).once("close", () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    statements,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const SSL_REQUEST = 80_877_103;

/**
 * Parses the frontend's messages of PostgreSQL's protocol 3.
 * Source: https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
class Session {
  private rest = Buffer.alloc(0);
  private started = false;
  private scope: CapturedStatement["scope"] = "none";
  private readonly prepared = new Map<string, string>();
  private readonly report: (statement: CapturedStatement) => void;

  constructor(report: (statement: CapturedStatement) => void) {
    this.report = report;
  }

  receive(chunk: Buffer): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    for (;;) {
      // Only the startup message has no type before its length.
      const head = this.started ? 1 : 0;
      if (this.rest.length < head + 4) return;
      const end = head + this.rest.readUInt32BE(head);
      if (this.rest.length < end) return;
      if (this.started) this.message(String.fromCharCode(this.rest[0]!), this.rest.subarray(5, end));
      // An SSL request may come first; the server refuses it.
      this.started ||= this.rest.readUInt32BE(4) !== SSL_REQUEST;
      this.rest = this.rest.subarray(end);
    }
  }

  private message(type: string, body: Buffer): void {
    const fields = new Fields(body);
    if (type === "Q") this.statement(fields.text(), []);
    if (type === "P") this.prepared.set(fields.text(), fields.text());
    if (type === "B") {
      fields.text();
      const text = this.prepared.get(fields.text()) ?? "";
      const formats = fields.list(() => fields.int16());
      const values = fields.list((index) => {
        const bytes = fields.bytes();
        const binary = (formats.length === 1 ? formats[0] : formats[index]) === 1;
        return bytes === null || binary ? bytes : bytes.toString();
      });
      this.statement(text, values);
    }
  }

  private statement(text: string, values: CapturedStatement["values"]): void {
    const [, tenant] = /app\.tenant_id'?\s*(?:=|to|,)\s*'?(\d+)/i.exec(text) ?? [];
    if (/^\s*(begin|start|commit|rollback|end)\b/i.test(text)) this.scope = "none";
    else if (tenant !== undefined) this.scope = { tenant: Number(tenant) };
    else if (/app\.scope'?\s*(?:=|to|,)\s*'?system/i.test(text)) this.scope = "system";
    else this.report({ text, values, scope: this.scope });
  }
}

class Fields {
  private readonly body: Buffer;
  private position = 0;

  constructor(body: Buffer) {
    this.body = body;
  }

  /** A zero-terminated string. */
  text(): string {
    const end = this.body.indexOf(0, this.position);
    const text = this.body.toString("utf8", this.position, end);
    this.position = end + 1;
    return text;
  }

  int16(): number {
    this.position += 2;
    return this.body.readInt16BE(this.position - 2);
  }

  bytes(): Buffer | null {
    const length = this.body.readInt32BE(this.position);
    this.position += 4 + Math.max(length, 0);
    return length < 0 ? null : Buffer.from(this.body.subarray(this.position - length, this.position));
  }

  list<T>(read: (index: number) => T): T[] {
    return Array.from({ length: this.int16() }, (_, index) => read(index));
  }
}
