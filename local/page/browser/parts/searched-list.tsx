import type { ComponentChildren } from "preact";
import { address, changeQuery } from "../app/location.ts";
import { formatCount } from "./format.ts";
import { Empty, Failed, Loading } from "./notice.tsx";
import { SearchField } from "./search-field.tsx";

interface SearchedListProps {
  /** Of the search field. */
  label: string;
  /** Singular, as in `topic`. */
  noun: string;
  /** Undefined until the first answer. */
  total: number | undefined;
  shown: number;
  error: string | undefined;
  /** What is said while there is nothing at all, and what to do then. */
  empty: string;
  hint?: string;
  children: ComponentChildren;
}

/** The text that a list is searched by, from the address. */
export function searchedText(): string {
  return address.value.query.get("text") ?? "";
}

/** A view of one list: its search field and count, and what there is instead of the list. */
export function SearchedList({ label, noun, total, shown, error, empty, hint, children }: SearchedListProps) {
  return (
    <section class="view">
      <search class="filters">
        <SearchField
          main
          class="grow"
          label={label}
          value={searchedText()}
          changed={(text) => changeQuery({ text }, "replace")}
        />
        <span class="count-text" role="status">
          {total !== undefined && formatCount(shown, noun)}
        </span>
      </search>
      {error !== undefined && <Failed error={error} />}
      {total === undefined ? (
        error === undefined && <Loading what={`${noun}s`} />
      ) : shown === 0 ? (
        <Empty title={total === 0 ? empty : `No ${noun} matches.`}>{total === 0 ? hint : undefined}</Empty>
      ) : (
        children
      )}
    </section>
  );
}
