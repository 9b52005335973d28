import type { DocumentKind } from "../store/streams.ts";
import type { SpoolEntry } from "./spool.ts";

/** An entry has about so many characters. */
const ENTRY_CHARS = 1 << 20;

/** Packs documents into entries of the buffer. */
export class EntryBuilder {
  count = 0;
  private readonly account: number;
  private readonly kind: DocumentKind;
  private readonly entries: SpoolEntry[] = [];
  private documents: string[] = [];
  private chars = 0;

  constructor(account: number, kind: DocumentKind) {
    this.account = account;
    this.kind = kind;
  }

  add(document: string): void {
    this.count++;
    this.documents.push(document);
    this.chars += document.length;
    if (this.chars >= ENTRY_CHARS) this.flush();
  }

  build(): SpoolEntry[] {
    this.flush();
    return this.entries;
  }

  private flush(): void {
    if (this.documents.length === 0) return;
    const documents = Buffer.from(`${this.documents.join("\n")}\n`);
    this.entries.push({ account: this.account, kind: this.kind, count: this.documents.length, documents });
    this.documents = [];
    this.chars = 0;
  }
}
