import { useRef, useState } from "preact/hooks";
import type { ImportedData } from "../../model/api.ts";
import { formatCount, formatDate } from "../parts/format.ts";
import { Icon } from "../parts/icon.tsx";
import { Empty, Failed } from "../parts/notice.tsx";
import { readRange } from "../parts/time-range.ts";
import { TimeRangeChoice } from "../parts/time-range-choice.tsx";
import { api } from "./api.ts";
import { address, href } from "./location.ts";
import { search } from "./request.ts";
import { token } from "./token.ts";
import { TokenHint } from "./token-hint.tsx";
import { useAnswer } from "./use-answer.ts";

/** Export: a file for a colleague. Import: the file of a colleague, beside the live data. */
export function ImportsView() {
  const range = readRange(address.value.query, Date.now());
  const { data: imports = [], error, reload } = useAnswer("imports", api.imports);
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await api.import(file.name, file);
      reload();
    } catch (failure) {
      setProblem((failure as Error).message);
    } finally {
      setBusy(false);
      input.current!.value = "";
    }
  };
  const forget = async (id: string): Promise<void> => {
    await api.forget(id).then(reload, (failure: Error) => setProblem(failure.message));
  };
  const file = `/api/export${search({ from: Math.round(range.from), to: Math.round(range.to) })}`;
  return (
    <section class="page">
      <header class="page-head">
        <h1>Share</h1>
      </header>
      <div class="cards">
        <article class="card">
          <h2>Export</h2>
          <p>Logs and traces of this time range as one file: OTLP JSON, which a colleague can open here.</p>
          <div class="row">
            <TimeRangeChoice range={range} />
            <a class="button primary" href={file} download>
              <Icon name="download" />
              Export
            </a>
          </div>
        </article>
        <article class="card">
          <h2>Import</h2>
          <p>Opens a colleague's file beside the live data, read-only. It is kept until you remove it.</p>
          <div class="row">
            <input
              ref={input}
              type="file"
              accept=".json,application/json"
              aria-label="File to import"
              disabled={busy || token.value === undefined}
              onChange={(event) => void take(event.currentTarget.files?.[0])}
            />
          </div>
          <TokenHint what="import a file" />
        </article>
      </div>
      {(problem ?? error) !== undefined && <Failed error={(problem ?? error)!} />}
      <h2>Imported files</h2>
      {imports.length === 0 ? (
        <Empty title="No file is imported." />
      ) : (
        <ul class="plain">
          {imports.map((each) => (
            <ImportedFile key={each.id} file={each} forget={() => void forget(each.id)} />
          ))}
        </ul>
      )}
    </section>
  );
}

function ImportedFile({ file, forget }: { file: ImportedData; forget(): void }) {
  const range = { data: file.id, from: Math.floor(file.from), to: Math.ceil(file.to) + 1 };
  return (
    <li class="card row spread">
      <div>
        <strong>{file.name}</strong>
        <p class="muted">
          Stack {file.stack} · {formatDate(file.from)} – {formatDate(file.to)} · {formatCount(file.lines, "line")} ·{" "}
          {formatCount(file.spans, "span")}
        </p>
      </div>
      <div class="row">
        <a class="button" href={href(["logs"], range)}>
          Logs
        </a>
        <a class="button" href={href(["traces"], range)}>
          Traces
        </a>
        <button type="button" class="quiet" onClick={forget}>
          Remove
        </button>
      </div>
    </li>
  );
}
