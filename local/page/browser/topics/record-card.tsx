import type { ComponentChildren } from "preact";
import type { TopicRecord } from "../../model/topic.ts";
import { href } from "../app/location.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { Fields } from "../parts/fields.tsx";
import { formatDate } from "../parts/format.ts";
import { indentJson } from "../parts/json.ts";

/** A record with its decoded value; `children` are what can be done with it. */
export function RecordCard({ record, children }: { record: TopicRecord; children: ComponentChildren }) {
  const value = indentJson(record.value);
  const traceId = /^[\da-f]{2}-([\da-f]{32})-/.exec(record.headers.traceparent ?? "")?.[1];
  return (
    <details class="record">
      <summary>
        <span class="record-place">
          {record.partition}·{record.offset}
        </span>
        <time>{Number.isNaN(Date.parse(record.time)) ? record.time : formatDate(Date.parse(record.time))}</time>
        <span class="record-key">{record.key ?? "no key"}</span>
        <span class="record-value">{record.value.slice(0, 200)}</span>
      </summary>
      <div class="row links">
        {record.schema !== undefined && (
          <a href={href(["schemas"], { subject: record.schema.subject, to: record.schema.version })}>
            {record.schema.subject} version {record.schema.version}
          </a>
        )}
        {traceId !== undefined && <a href={href(["traces", traceId])}>Its trace</a>}
        <span class="muted">{record.encoding === "none" ? "no value" : record.encoding}</span>
        <CopyButton text={value} />
        {children}
      </div>
      <pre class="code">{value}</pre>
      {Object.keys(record.headers).length > 0 && (
        <>
          <h4>Headers</h4>
          <Fields entries={Object.entries(record.headers)} />
        </>
      )}
    </details>
  );
}
