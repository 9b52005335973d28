import { type AddressInfo, connect, createServer } from "node:net";

/** One statement that a service sent, with its values as they were bound. */
export interface CapturedStatement {
  text: string;
  values: readonly (string | Buffer | null)[];
  /** What the transaction had set before: a tenant, `system`, or nothing. */
  scope: { tenant: number } | "system" | "none";
}

export interface SqlProxy {
  port: number;
  statements: CapturedStatement[];
  stop(): Promise<void>;
}

/**
 * Stands between a service and PostgreSQL on this machine and listens to what is asked: in whatever
 * language the service is written.
 */
export async function startSqlProxy(target: number): Promise<SqlProxy> {
  const statements: CapturedStatement[] = [];
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    const session = new Session((statement) => statements.push(statement));
    client.on("data", (chunk) => session.hear(chunk));
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
 * The frontend's half of PostgreSQL's protocol 3:
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
class Session {
  private rest = Buffer.alloc(0);
  private begun = false;
  private scope: CapturedStatement["scope"] = "none";
  private readonly prepared = new Map<string, string>();
  private readonly report: (statement: CapturedStatement) => void;

  constructor(report: (statement: CapturedStatement) => void) {
    this.report = report;
  }

  hear(chunk: Buffer): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    for (;;) {
      // The startup message alone has no type before its length.
      const head = this.begun ? 1 : 0;
      if (this.rest.length < head + 4) return;
      const end = head + this.rest.readUInt32BE(head);
      if (this.rest.length < end) return;
      if (this.begun) this.message(String.fromCharCode(this.rest[0]!), this.rest.subarray(5, end));
      // A question whether the server speaks TLS comes before it, and is answered with no.
      this.begun ||= this.rest.readUInt32BE(4) !== SSL_REQUEST;
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
  private at = 0;

  constructor(body: Buffer) {
    this.body = body;
  }

  /** Up to a zero byte. */
  text(): string {
    const end = this.body.indexOf(0, this.at);
    const text = this.body.toString("utf8", this.at, end);
    this.at = end + 1;
    return text;
  }

  int16(): number {
    this.at += 2;
    return this.body.readInt16BE(this.at - 2);
  }

  bytes(): Buffer | null {
    const length = this.body.readInt32BE(this.at);
    this.at += 4 + Math.max(length, 0);
    return length < 0 ? null : Buffer.from(this.body.subarray(this.at - length, this.at));
  }

  list<T>(read: (index: number) => T): T[] {
    return Array.from({ length: this.int16() }, (_, index) => read(index));
  }
}
