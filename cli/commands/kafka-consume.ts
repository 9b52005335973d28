import { createSchemaRegistryClient } from "@plinth/kit/kafka/schema-registry.ts";
import { createKafkaClient } from "../kafka-records/client.ts";
import { consumeRecords, type DecodedRecord } from "../kafka-records/consume.ts";
import { createDecoder } from "../kafka-records/decode.ts";
import { parseConsumeOptions } from "../kafka-records/options.ts";
import { withStackServers } from "../servers/access.ts";
import { colourize, supportsColour } from "../terminal/colour.ts";
import { main } from "../terminal/main.ts";
import { escapeControlCharacters } from "../terminal/text.ts";

/**
 * `make kafka-consume`: prints the decoded records of a topic, on a terminal until Ctrl-C,
 * otherwise to the end of the topic.
 */
await main((stack) => {
  const options = parseConsumeOptions(process.env);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  // A reader such as `head` closes the pipe when it has enough.
  process.stdout.on("error", () => stop.abort());
  const colours = supportsColour(process.stdout);
  return withStackServers(stack, async (servers) => {
    await consumeRecords({
      kafka: createKafkaClient(servers),
      decode: createDecoder(createSchemaRegistryClient(await servers.localUrl(servers.variables.SCHEMA_REGISTRY_URL!))),
      options,
      show: (record) => console.log(options.json ? JSON.stringify(record) : formatRecord(record, colours)),
      follow: process.stdout.isTTY === true || options.from === "latest" || options.count !== undefined,
      signal: stop.signal,
    });
    return 0;
  });
});

function formatRecord(
  { topic, partition, offset, time, key, headers, value, undecodable, bytes }: DecodedRecord,
  colours: boolean,
): string {
  const facts = Object.entries(headers).map(([name, header]) => `${name}=${header}`);
  const head = `${colourize(`${topic}[${partition}]@${offset}`, "cyan", colours)} ${colourize(time, "gray", colours)} key=${escapeControlCharacters(String(key))} ${colourize(escapeControlCharacters(facts.join(" ")), "gray", colours)}`;
  const body =
    undecodable === undefined
      ? escapeControlCharacters(JSON.stringify(value))
      : colourize(`undecodable: ${escapeControlCharacters(undecodable)}; base64 ${bytes}`, "red", colours);
  return `${head.trimEnd()}\n  ${body}`;
}
