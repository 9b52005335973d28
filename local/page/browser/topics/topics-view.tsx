import type { TopicSummary } from "../../model/topic.ts";
import { api } from "../app/api.ts";
import { address, changeQuery } from "../app/location.ts";
import { useAnswer } from "../app/use-answer.ts";
import { useListKeys } from "../app/use-list-keys.ts";
import { Badge } from "../parts/badge.tsx";
import { SearchedList, searchedText } from "../parts/searched-list.tsx";
import { Lag } from "./lag.tsx";
import { TopicDetail } from "./topic-detail.tsx";

const EVERY_MS = 3_000;

export function TopicsView() {
  const { data: topics, error } = useAnswer("topics", api.topics, EVERY_MS);
  const { query } = address.value;
  const text = searchedText();
  const shown = (topics ?? []).filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()));
  const chosen = query.get("topic");
  const selected = shown.findIndex(({ name }) => name === chosen);
  const select = (topic: string | undefined): void =>
    changeQuery(
      { topic, partition: undefined, before: undefined, record: undefined },
      chosen === null ? "push" : "replace",
    );
  useListKeys({
    move: (step) => select(shown[Math.max(0, Math.min(shown.length - 1, selected + step))]?.name),
    close: () => select(undefined),
  });
  const topic = shown[selected];
  return (
    <SearchedList
      label="Topic"
      noun="topic"
      total={topics?.length}
      shown={shown.length}
      error={error}
      empty="The broker has no topic yet."
    >
      <div class="split">
        <div class="split-main table-scroll">
          <table class="choosable">
            <thead>
              <tr>
                <th>Topic</th>
                <th class="number">Partitions</th>
                <th class="number">Records</th>
                <th>Lag by consumer group</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((each) => (
                <TopicRow
                  key={each.name}
                  topic={each}
                  isSelected={each.name === chosen}
                  open={() => select(each.name)}
                />
              ))}
            </tbody>
          </table>
        </div>
        {topic !== undefined && <TopicDetail key={topic.name} topic={topic} close={() => select(undefined)} />}
      </div>
    </SearchedList>
  );
}

function TopicRow({ topic, isSelected, open }: { topic: TopicSummary; isSelected: boolean; open(): void }) {
  return (
    <tr aria-selected={isSelected}>
      <td>
        <button type="button" class="link" onClick={open}>
          {topic.name}
        </button>{" "}
        {topic.deadLetter && (
          <Badge
            tone={topic.records > 0 ? "bad" : "muted"}
            icon={topic.records > 0 ? "warn" : "ok"}
            text={topic.records > 0 ? "dead letters" : "no dead letters"}
          />
        )}
      </td>
      <td class="number">{topic.partitions}</td>
      <td class="number">{topic.records.toLocaleString("en-US")}</td>
      <td>
        <Lag groups={topic.groups} />
      </td>
    </tr>
  );
}
