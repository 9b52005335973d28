import { useState } from "preact/hooks";
import type { TopicPartition, TopicRecord, TopicSummary } from "../../model/topic.ts";
import { api } from "../app/api.ts";
import { address, changeQuery } from "../app/location.ts";
import { summary } from "../app/platform.ts";
import { token } from "../app/token.ts";
import { TokenHint } from "../app/token-hint.tsx";
import { useAnswer } from "../app/use-answer.ts";
import { Choice } from "../parts/choice.tsx";
import { Detail } from "../parts/detail.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Failed, Loading } from "../parts/notice.tsx";
import { Lag } from "./lag.tsx";
import { RecordCard } from "./record-card.tsx";

const RECORDS = 50;
const EVERY_MS = 5_000;

export function TopicDetail({ topic, close }: { topic: TopicSummary; close(): void }) {
  const { data: details, error } = useAnswer(
    `topic ${topic.name}`,
    (signal) => api.topic(topic.name, signal),
    EVERY_MS,
  );
  return (
    <Detail title={topic.name} close={close}>
      <h3>Groups</h3>
      <Lag groups={topic.groups} />
      <h3>Partitions</h3>
      {error !== undefined && <Failed error={error} />}
      <div class="table-scroll short">
        <table>
          <thead>
            <tr>
              <th class="number">Partition</th>
              <th class="number">First offset</th>
              <th class="number">Next offset</th>
              <th class="number">Leader</th>
            </tr>
          </thead>
          <tbody>
            {details?.offsets.map(({ partition, low, high, leader }) => (
              <tr key={partition}>
                <td class="number">{partition}</td>
                <td class="number">{low}</td>
                <td class="number">{high}</td>
                <td class="number">{leader}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Records topic={topic} offsets={details?.offsets ?? []} />
    </Detail>
  );
}

function Records({ topic, offsets }: { topic: TopicSummary; offsets: readonly TopicPartition[] }) {
  const { query } = address.value;
  const partition = query.get("partition") ?? "";
  const before = query.get("before") ?? undefined;
  // The newest of one partition are those before its next offset.
  const end = before ?? offsets.find((each) => String(each.partition) === partition)?.high;
  const isKnown = partition === "" || end !== undefined;
  const {
    data: records,
    error,
    reload,
  } = useAnswer(isKnown ? `records ${topic.name} ${partition} ${before ?? ""}` : undefined, (signal) =>
    partition === ""
      ? api.records(topic.name, RECORDS, undefined, undefined, signal)
      : api.records(topic.name, RECORDS, Number(partition), end, signal),
  );
  const oldest = partition === "" ? undefined : records?.at(-1)?.offset;
  return (
    <>
      <h3>Records</h3>
      <div class="row">
        <Choice
          label="Partition"
          value={partition}
          options={[
            { value: "", text: "all" },
            ...offsets.map((each) => ({ value: String(each.partition), text: String(each.partition) })),
          ]}
          changed={(next) => changeQuery({ partition: next, before: undefined })}
        />
        <button type="button" onClick={() => (before === undefined ? reload() : changeQuery({ before: undefined }))}>
          Newest
        </button>
        <button
          type="button"
          disabled={oldest === undefined || oldest === "0"}
          title={partition === "" ? "Choose a partition to go back in it" : "Records before these"}
          onClick={() => changeQuery({ before: oldest })}
        >
          Older
        </button>
      </div>
      {error !== undefined && <Failed error={error} />}
      {records === undefined && error === undefined && <Loading what="records" />}
      {records?.length === 0 && <p class="muted">No record here.</p>}
      {topic.deadLetter && <TokenHint what="replay a dead letter" />}
      {records?.map((record) => (
        <RecordCard key={`${record.partition} ${record.offset}`} record={record}>
          {topic.deadLetter && <Replay topic={topic.name} record={record} />}
        </RecordCard>
      ))}
    </>
  );
}

function Replay({ topic, record: { partition, offset } }: { topic: string; record: TopicRecord }) {
  const [asking, setAsking] = useState(false);
  const [outcome, setOutcome] = useState<{ topic: string } | { error: string }>();
  const run = async (): Promise<void> => {
    setAsking(false);
    setOutcome(await api.replay(topic, { partition, offset }).catch((error: Error) => ({ error: error.message })));
  };
  if (outcome !== undefined && "topic" in outcome) return <p role="status">Published again to {outcome.topic}.</p>;
  return (
    <>
      <button
        type="button"
        disabled={token.value === undefined || summary.value?.readOnly === true}
        onClick={() => setAsking(true)}
      >
        Replay
      </button>
      {outcome !== undefined && <Failed error={outcome.error} />}
      {asking && (
        <Dialog
          title="Replay this dead letter?"
          close={() => setAsking(false)}
          confirm={{ text: "Replay", run: () => void run() }}
        >
          <p>
            Record {offset} of partition {partition} is published to the topic that it came from. Its consumers handle
            it once more.
          </p>
        </Dialog>
      )}
    </>
  );
}
