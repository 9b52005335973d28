import type { LogLine } from "../../model/log-line.ts";
import { href } from "../app/location.ts";
import { importedData } from "../app/platform.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { Detail } from "../parts/detail.tsx";
import { Fields } from "../parts/fields.tsx";
import { formatDate, formatTime, msOf } from "../parts/format.ts";
import { indentJson } from "../parts/json.ts";
import { LevelBadge } from "./level-badge.tsx";
import { identityOf } from "./log-buffer.ts";

const AROUND_MS = 60_000;

/** All fields of a line, and where they lead. */
export function LineDetail({ line, close }: { line: LogLine; close(): void }) {
  const ms = msOf(line.timeNs);
  const data = importedData();
  const around = { from: Math.floor(ms - AROUND_MS), to: Math.ceil(ms + AROUND_MS), data };
  const permanent = href(["logs"], {
    service: line.service,
    from: Math.floor(ms - AROUND_MS),
    to: Math.ceil(ms) + 1,
    line: identityOf(line),
    data,
  });
  const links: (readonly [string, string])[] = [
    ["Lines around it", href(["logs"], around)],
    ["Only this service", href(["logs"], { service: line.service, data })],
  ];
  if (line.traceId !== undefined)
    links.unshift(["Its trace", href(["traces", line.traceId], { span: line.spanId, data })]);
  if (line.tenant !== undefined)
    links.push([`Only tenant ${line.tenant}`, href(["logs"], { tenant: line.tenant, data })]);
  const own: [string, string | number | undefined][] = [
    ["time", `${formatDate(ms)}${formatTime(ms).slice(8)}`],
    ["service", line.service],
    ["version", line.version],
    ["env", line.env],
    ["tenant", line.tenant],
    ["trace id", line.traceId],
    ["span id", line.spanId],
    ["correlation id", line.correlationId],
    ["filed under", line.account],
  ];
  return (
    <Detail
      title={line.service}
      close={close}
      actions={
        <>
          <CopyButton text={location.origin + permanent} label="Link" />
          <CopyButton text={JSON.stringify(line, null, 2)} label="Line" />
        </>
      }
    >
      <p class="detail-lead">
        <LevelBadge level={line.level} />
      </p>
      <pre class="code message-text">{indentJson(line.message)}</pre>
      <div class="row links">
        {links.map(([text, target]) => (
          <a key={text} href={target}>
            {text}
          </a>
        ))}
      </div>
      <Fields
        entries={own.filter(([, value]) => value !== undefined && value !== "").map(([k, v]) => [k, String(v)])}
      />
      {Object.keys(line.fields).length > 0 && (
        <>
          <h3>Fields</h3>
          <Fields
            entries={Object.entries(line.fields).map(([name, value]) => [
              name,
              value.includes("\n") ? <pre class="code">{value}</pre> : value,
            ])}
          />
        </>
      )}
    </Detail>
  );
}
