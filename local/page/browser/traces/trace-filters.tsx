import { changeQuery } from "../app/location.ts";
import { summary } from "../app/platform.ts";
import { Choice } from "../parts/choice.tsx";
import { SearchField } from "../parts/search-field.tsx";
import { TimeRangeChoice } from "../parts/time-range-choice.tsx";
import type { TraceQuery } from "./trace-query.ts";

export function TraceFilters({ query: { filter, range } }: { query: TraceQuery }) {
  const services = (summary.value?.services ?? []).map((value) => ({ value, text: value }));
  return (
    <search class="filters">
      <SearchField
        main
        class="grow"
        label="Name of a span"
        value={filter.name ?? ""}
        changed={(name) => changeQuery({ name }, "replace")}
      />
      <Choice
        label="Service"
        value={filter.service ?? ""}
        options={[{ value: "", text: "all" }, ...services]}
        changed={(service) => changeQuery({ service })}
      />
      <Choice
        label="Status"
        value={filter.status ?? ""}
        options={[
          { value: "", text: "all" },
          { value: "error", text: "with errors" },
        ]}
        changed={(status) => changeQuery({ status })}
      />
      <SearchField
        class="narrow"
        label="Tenant"
        inputMode="numeric"
        value={filter.tenant === undefined ? "" : String(filter.tenant)}
        changed={(tenant) => changeQuery({ tenant }, "replace")}
      />
      <SearchField
        class="narrow"
        label="At least ms"
        placeholder="≥ ms"
        inputMode="numeric"
        value={filter.minDurationMs === undefined ? "" : String(filter.minDurationMs)}
        changed={(min) => changeQuery({ min }, "replace")}
      />
      <SearchField
        class="medium"
        label="Attribute (key=value)"
        placeholder="attribute=value"
        value={filter.attribute ?? ""}
        changed={(attribute) => changeQuery({ attribute }, "replace")}
      />
      <TimeRangeChoice range={range} />
    </search>
  );
}
