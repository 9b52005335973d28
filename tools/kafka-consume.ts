import { createRegistryClient } from "@plinth/kit/avro.ts";
import { kafkaOf } from "./kafka-records/client.ts";
import { consume, type ShownRecord } from "./kafka-records/consume.ts";
import { decoder } from "./kafka-records/decode.ts";
import { consumeOptions } from "./kafka-records/options.ts";
import { paint, plain, wantsColours } from "./logs/render.ts";
import { main } from "./main.ts";
import { withStack } from "./reach.ts";

const [GREY, CYAN, RED] = [90, 36, 31];

/** `make kafka-consume`: records of a topic, decoded; on a terminal until Ctrl-C, else to where the topic ends. */
await main((stack) => {
  const options = consumeOptions(process.env);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  // A reader that has seen enough, as `head` has, closes the pipe.
  process.stdout.on("error", () => stop.abort());
  const colours = wantsColours(process.stdout);
  return withStack(stack, async (reached) => {
    await consume({
      kafka: kafkaOf(reached),
      decode: decoder(createRegistryClient(await reached.near(reached.variables.SCHEMA_REGISTRY_URL!))),
      options,
      show: (record) => console.log(options.json ? JSON.stringify(record) : text(record, colours)),
      follow: process.stdout.isTTY === true || options.from === "latest" || options.count !== undefined,
      signal: stop.signal,
    });
    return 0;
  });
});

function text({ topic, partition, offset, time, key, headers, value, undecodable, bytes }: ShownRecord, colours: boolean): string {
  const facts = Object.entries(headers).map(([name, header]) => `${name}=${header}`);
  const head = `${paint(`${topic}[${partition}]@${offset}`, CYAN, colours)} ${paint(time, GREY, colours)} key=${plain(String(key))} ${paint(plain(facts.join(" ")), GREY, colours)}`;
  const body =
    undecodable === undefined ? plain(JSON.stringify(value)) : paint(`undecodable: ${plain(undecodable)}; base64 ${bytes}`, RED, colours);
  return `${head.trimEnd()}\n  ${body}`;
}
