/** What a person wants to see of a topic; see `make kafka-consume`. */
export interface ConsumeOptions {
  topic: string;
  /** Where each partition is begun: at its first record, after its last, or so many before that. */
  from: "beginning" | "latest" | number;
  /** Records after which it ends. */
  count: number | undefined;
  key: string | undefined;
  tenant: string | undefined;
  json: boolean;
}

const DEFAULT_LAST_RECORDS = 10;

/**
 * From TOPIC, FROM, COUNT, KEY, TENANT and JSON of the environment. @throws one sentence for the
 * first that makes no sense
 */
export function parseConsumeOptions({
  TOPIC = "",
  FROM = "",
  COUNT = "",
  KEY = "",
  TENANT = "",
  JSON: json = "",
}: Record<string, string | undefined>): ConsumeOptions {
  if (TOPIC === "")
    throw new Error("Which topic? Type: make kafka-consume TOPIC=V1_BETS   ('make kafka-topics' lists them)");
  if (COUNT !== "" && !/^[1-9]\d*$/.test(COUNT)) throw new Error(`COUNT=${COUNT} is no number of records from 1`);
  if (TENANT !== "" && !/^\d+$/.test(TENANT))
    throw new Error(`TENANT=${TENANT} is no tenant: its number is meant, as in TENANT=10001`);
  return {
    topic: TOPIC,
    from: parseFrom(FROM),
    count: COUNT === "" ? undefined : Number(COUNT),
    key: KEY || undefined,
    tenant: TENANT || undefined,
    json: json === "1",
  };
}

function parseFrom(text: string): ConsumeOptions["from"] {
  if (text === "") return DEFAULT_LAST_RECORDS;
  if (text === "beginning" || text === "latest") return text;
  if (/^-[1-9]\d*$/.test(text)) return Number(text.slice(1));
  throw new Error(
    `FROM=${text} is no place in a topic: 'beginning', 'latest', or the last of each partition as in FROM=-10, is`,
  );
}
