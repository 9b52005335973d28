import type { TopicSummary } from "../../model/topic.ts";

/** How many records each group has still to read. */
export function Lag({ groups }: Pick<TopicSummary, "groups">) {
  if (groups.length === 0) return <span class="muted">no group</span>;
  return (
    <span class="lags">
      {groups.map(({ group, lag }) => (
        <span key={group} class={lag > 0 ? "lagging" : ""}>
          {group} <b>{lag.toLocaleString("en-US")}</b>
        </span>
      ))}
    </span>
  );
}
