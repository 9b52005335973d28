import assert from "node:assert/strict";
import { randomInt, randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { root } from "@plinth/local/locations.ts";
import { deadLetterTopic } from "@plinth/schemas/catalog.ts";
import { discoverServices } from "../../../components/service/descriptor.ts";
import { Random } from "../../support/random.ts";
import { pathInFolder } from "../../support/servers/servers.ts";
import { type Platform, platform } from "../../support/services/platform.ts";
import { startService } from "../../support/services/service-under-test.ts";
import { readRecords, waitUntilSettled } from "../../support/services/topic-state.ts";
import { checkOutcome } from "./checker.ts";
import { type LogEntry, readLog } from "./client-log.ts";
import { EventLoad } from "./event-load.ts";
import { createJournal, dropJournal, readOutcome } from "./outcome.ts";
import { drawRound, playRound, type Target, targetNames } from "./rounds.ts";

const SEED = Number(process.env.SEED ?? randomInt(2 ** 31));
const ROUNDS = Number(process.env.ROUNDS ?? 50);
const USERS = 8;
const TOPIC = "user-events";

describe(`highload under kill -9 (SEED=${SEED} ROUNDS=${ROUNDS} repeats it)`, function () {
  // Takes two minutes of processor time, on a machine that may be busy.
  this.timeout(900_000);
  const descriptor = discoverServices(root).find(({ name }) => name === "highload")!;
  let at: Platform;

  before(async () => {
    at = await platform();
    await createJournal(at);
  });
  after(() => dropJournal(at));

  /** Runs two replicas under load during `work`, then compares the client log with the outcome. */
  async function checkUnderLoad(
    environment: Record<string, string>,
    work: (load: EventLoad, targets: Target[]) => Promise<void>,
  ) {
    const workers = [await startService(descriptor, at, environment), await startService(descriptor, at, environment)];
    const path = pathInFolder("clients.log");
    try {
      const load = new EventLoad(
        workers.map(({ baseUrl }) => baseUrl),
        USERS,
        path,
      );
      const targets: Target[] = [
        { name: "PostgreSQL", server: at.database, weight: 3 },
        // The slowest to start.
        { name: "the broker", server: at.broker, weight: 1 },
        { name: "Redis", server: at.cache, weight: 1 },
        ...workers.map((server, index) => ({ name: `worker ${index + 1}`, server, weight: 2 })),
      ];
      try {
        await work(load, targets);
      } finally {
        await load.stop();
      }
      await waitUntilSettled({ at, descriptor });
      const log = readLog(path);
      return { log, findings: checkOutcome(log, await readOutcome(at, new Set(load.acknowledged.keys()))) };
    } finally {
      await Promise.all(workers.map((worker) => worker.stop()));
    }
  }

  it(`loses no acknowledged event, processes none twice and keeps each user's order in ${ROUNDS} rounds of kills (HLS-3)`, async () => {
    const random = new Random(SEED);
    const killed: string[] = [];
    let poison = 0;
    const { log, findings } = await checkUnderLoad({}, async (load, targets) => {
      for (let round = 1; round <= ROUNDS; round++) {
        const drawn = drawRound(random, targets, round - 1);
        killed.push(targetNames(drawn.targets));
        await playRound(drawn, load);
        if (round % 10 === 0) poison += await publishPoison(at, [...load.acknowledged.keys()]);
      }
    });
    const kills = [...Map.groupBy(killed, (name) => name)].map(([name, times]) => `${name} ${times.length}×`).sort();
    console.log(`      killed: ${kills.join(", ")}; requests: ${summarize(log)}; poison among them: ${poison}`);
    assert.deepEqual(findings, []);
    assert.equal(await countDeadLetters(at), poison, "poison records among the dead letters");
  });

  it("finds events that a faulty service acknowledged before their commit", async () => {
    const earlyCommit = fileURLToPath(new URL("early-commit.ts", import.meta.url));
    const random = new Random(SEED);
    const { findings } = await checkUnderLoad({ NODE_OPTIONS: `--import ${earlyCommit}` }, async (load, targets) => {
      for (let round = 0; round < 3; round++) {
        const [database, , , first] = targets as [Target, Target, Target, Target, Target];
        await playRound(
          { targets: [round === 1 ? first : database], before: 200 + random.below(200), between: 0, away: 100 },
          load,
        );
      }
    });
    assert.match(findings.join("\n"), /was acknowledged, but there is no row of it/);
  });
});

/** Publishes an unreadable record for each key, each with a value that occurs once. */
async function publishPoison({ client }: Platform, keys: readonly string[]): Promise<number> {
  const producer = client.producer();
  await producer.connect();
  try {
    await producer.send({ topic: TOPIC, messages: keys.map((key) => ({ key, value: `not Avro ${randomUUID()}` })) });
  } finally {
    await producer.disconnect();
  }
  return keys.length;
}

/**
 * Number of unreadable values among the dead letters. A value may occur twice: a consumer that is
 * killed before it commits writes its dead letter again, and the test's producer repeats a record
 * whose answer a killed broker took with it.
 */
async function countDeadLetters(at: Platform): Promise<number> {
  const records = await readRecords(at, deadLetterTopic(TOPIC));
  return new Set(records.map(({ raw }) => raw.toString())).size;
}

function summarize(log: readonly LogEntry[]): string {
  const counts = Map.groupBy(log, ({ at }) => at);
  return (["begun", "acknowledged", "unknown"] as const)
    .map((kind) => `${counts.get(kind)?.length ?? 0} ${kind}`)
    .join(", ");
}
