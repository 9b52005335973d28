import { LEVELS } from "../../model/log-line.ts";
import { changeQuery } from "../app/location.ts";
import { summary } from "../app/platform.ts";
import { Choice } from "../parts/choice.tsx";
import { ManyChoice } from "../parts/many-choice.tsx";
import { SearchField } from "../parts/search-field.tsx";
import { TimeRangeChoice } from "../parts/time-range-choice.tsx";
import type { LogQuery } from "./log-query.ts";

const LEVEL_OPTIONS = [
  { value: "", text: "every level" },
  ...LEVELS.slice(1).map((level) => ({ value: level, text: level === "fatal" ? level : `${level} and above` })),
];

export function LogFilters({ query, query: { filter } }: { query: LogQuery }) {
  return (
    <search class="filters">
      <SearchField
        main
        class="grow"
        label="Text in the line"
        value={filter.text ?? ""}
        changed={(text) => changeQuery({ text, line: undefined }, "replace")}
      />
      <ManyChoice
        label="Service"
        chosen={filter.services ?? []}
        options={summary.value?.services ?? []}
        changed={(service) => changeQuery({ service, line: undefined })}
      />
      <Choice
        label="Level"
        value={filter.level ?? ""}
        options={LEVEL_OPTIONS}
        changed={(level) => changeQuery({ level, line: undefined })}
      />
      <SearchField
        class="narrow"
        label="Tenant"
        inputMode="numeric"
        value={filter.tenant === undefined ? "" : String(filter.tenant)}
        changed={(tenant) => changeQuery({ tenant, line: undefined }, "replace")}
      />
      <SearchField
        class="medium"
        label="Trace id"
        value={filter.traceId ?? ""}
        changed={(trace) => changeQuery({ trace, span: undefined, line: undefined }, "replace")}
      />
      <TimeRangeChoice range={query.range} />
    </search>
  );
}
