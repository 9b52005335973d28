import { createSchemaRegistryClient } from "@plinth/kit/kafka/schema-registry.ts";
import { createKafkaClient } from "../kafka-records/client.ts";
import { consumeRecords, type DecodedRecord } from "../kafka-records/consume.ts";
import { createDecoder } from "../kafka-records/decode.ts";
import { parseConsumeOptions } from "../kafka-records/options.ts";
import { colourize, escapeControlCharacters, supportsColour } from "../logs/render.ts";
import { withStackServers } from "../servers/access.ts";
import { main } from "../terminal/main.ts";

const [GREY, CYAN, RED] = [90, 36, 31];

/**
 * `make kafka-consume`: records of a topic, decoded; on a terminal until Ctrl-C, else to where the
 * topic ends.
 */
await main((stack) => {
  const options = parseConsumeOptions(process.env);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  // A reader that has seen enough, as `head` has, closes the pipe.
  process.stdout.on("error", () => stop.abort());
  const colours = supportsColour(process.stdout);
  return withStackServers(stack, async (reached) => {
    await consumeRecords({
      kafka: createKafkaClient(reached),
      decode: createDecoder(createSchemaRegistryClient(await reached.localUrl(reached.variables.SCHEMA_REGISTRY_URL!))),
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
  const head = `${colourize(`${topic}[${partition}]@${offset}`, CYAN, colours)} ${colourize(time, GREY, colours)} key=${escapeControlCharacters(String(key))} ${colourize(escapeControlCharacters(facts.join(" ")), GREY, colours)}`;
  const body =
    undecodable === undefined
      ? escapeControlCharacters(JSON.stringify(value))
      : colourize(`undecodable: ${escapeControlCharacters(undecodable)}; base64 ${bytes}`, RED, colours);
  return `${head.trimEnd()}\n  ${body}`;
}
