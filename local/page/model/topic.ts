export interface TopicSummary {
  name: string;
  partitions: number;
  /** Records that can be read. */
  records: number;
  deadLetter: boolean;
  groups: { group: string; lag: number }[];
}

export interface TopicPartition {
  partition: number;
  /** First and next offset, as decimal text. */
  low: string;
  high: string;
  leader: number;
}

/** A record with its decoded value. */
export interface TopicRecord {
  partition: number;
  offset: string;
  /** ISO 8601. */
  time: string;
  key: string | null;
  headers: Record<string, string>;
  /** Subject and version of the schema, where the value is Avro. */
  schema?: { subject: string; version: number; id: number };
  /** JSON of the decoded value; for other values their text or base64. */
  value: string;
  encoding: "avro" | "text" | "base64" | "none";
}
