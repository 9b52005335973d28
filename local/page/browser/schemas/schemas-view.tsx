import type { SchemaSubject } from "../../model/platform.ts";
import { api } from "../app/api.ts";
import { address, changeQuery } from "../app/location.ts";
import { useAnswer } from "../app/use-answer.ts";
import { useListKeys } from "../app/use-list-keys.ts";
import { SearchedList, searchedText } from "../parts/searched-list.tsx";
import { SubjectDetail } from "./subject-detail.tsx";

const EVERY_MS = 15_000;

export function SchemasView() {
  const { data: subjects, error } = useAnswer("schemas", api.schemas, EVERY_MS);
  const { query } = address.value;
  const text = searchedText();
  const shown = (subjects ?? []).filter(({ subject }) => subject.toLowerCase().includes(text.toLowerCase()));
  const chosen = query.get("subject");
  const selected = shown.findIndex(({ subject }) => subject === chosen);
  const select = (subject: string | undefined): void =>
    changeQuery({ subject, from: undefined, to: undefined }, chosen === null ? "push" : "replace");
  useListKeys({
    move: (step) => select(shown[Math.max(0, Math.min(shown.length - 1, selected + step))]?.subject),
    close: () => select(undefined),
  });
  const subject = shown[selected];
  return (
    <SearchedList
      label="Subject"
      noun="subject"
      total={subjects?.length}
      shown={shown.length}
      error={error}
      empty="The registry has no schema yet."
    >
      <div class="split">
        <div class="split-main table-scroll">
          <table class="choosable">
            <thead>
              <tr>
                <th>Subject</th>
                <th class="number">Versions</th>
                <th>Compatibility</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((each) => (
                <SubjectRow
                  key={each.subject}
                  subject={each}
                  isSelected={each.subject === chosen}
                  open={() => select(each.subject)}
                />
              ))}
            </tbody>
          </table>
        </div>
        {subject !== undefined && (
          <SubjectDetail key={subject.subject} subject={subject} close={() => select(undefined)} />
        )}
      </div>
    </SearchedList>
  );
}

function SubjectRow({ subject, isSelected, open }: { subject: SchemaSubject; isSelected: boolean; open(): void }) {
  return (
    <tr aria-selected={isSelected}>
      <td>
        <button type="button" class="link" onClick={open}>
          {subject.subject}
        </button>
      </td>
      <td class="number">{subject.versions.length}</td>
      <td>{subject.compatibility}</td>
    </tr>
  );
}
