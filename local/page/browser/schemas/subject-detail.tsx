import { useState } from "preact/hooks";
import type { CompatibilityResult, SchemaSubject } from "../../model/platform.ts";
import { api } from "../app/api.ts";
import { address, changeQuery } from "../app/location.ts";
import { useAnswer } from "../app/use-answer.ts";
import { Badge } from "../parts/badge.tsx";
import { Choice } from "../parts/choice.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { Detail } from "../parts/detail.tsx";
import { indentJson } from "../parts/json.ts";
import { Failed } from "../parts/notice.tsx";
import { diffLines } from "./line-diff.ts";

const SIGNS = { same: " ", added: "+", removed: "−" } as const;

export function SubjectDetail({ subject, close }: { subject: SchemaSubject; close(): void }) {
  const { query } = address.value;
  const newest = subject.versions.at(-1) ?? 1;
  const to = Number(query.get("to") ?? newest);
  const from = Number(query.get("from") ?? 0);
  const newer = useSchema(subject.subject, to);
  const older = useSchema(subject.subject, from);
  const versions = subject.versions.map((version) => ({ value: String(version), text: `version ${version}` }));
  const text = newer.data ?? "";
  const error = newer.error ?? older.error;
  return (
    <Detail title={subject.subject} close={close} actions={<CopyButton text={text} label="Schema" />}>
      <div class="row">
        <Choice
          label="Show"
          value={String(to)}
          options={versions}
          changed={(version) => changeQuery({ to: version })}
        />
        <Choice
          label="Compare with"
          value={from === 0 ? "" : String(from)}
          options={[{ value: "", text: "none" }, ...versions]}
          changed={(version) => changeQuery({ from: version })}
        />
        <Badge tone="info" text={subject.compatibility} />
      </div>
      {error !== undefined && <Failed error={error} />}
      {from !== 0 && older.data !== undefined ? (
        <Difference before={older.data} after={text} />
      ) : (
        <pre class="code">{text}</pre>
      )}
      <TryOut subject={subject.subject} start={text} />
    </Detail>
  );
}

function useSchema(subject: string, version: number) {
  return useAnswer(version === 0 ? undefined : `schema ${subject} ${version}`, async (signal) =>
    indentJson((await api.schema(subject, version, signal)).schema),
  );
}

function Difference({ before, after }: { before: string; after: string }) {
  const lines = diffLines(before, after);
  if (lines.every(({ kind }) => kind === "same")) return <p class="muted">The two versions are the same.</p>;
  return (
    <pre class="code diff" role="region" aria-label="Difference">
      {lines.map(({ kind, text }, index) => (
        <span key={`${index} ${kind}`} class={kind}>
          {`${SIGNS[kind]} ${text}\n`}
        </span>
      ))}
    </pre>
  );
}

/** Asks the registry whether it would take a schema as the next version. Registers nothing. */
function TryOut({ subject, start }: { subject: string; start: string }) {
  const [draft, setDraft] = useState<string>();
  const [result, setResult] = useState<CompatibilityResult>();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const run = async (): Promise<void> => {
    setBusy(true);
    setResult(undefined);
    setProblem(undefined);
    try {
      setResult(await api.tryOut(subject, draft ?? start));
    } catch (error) {
      setProblem((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section class="try-out">
      <h3>Try a change</h3>
      <p class="muted">Asks whether the registry would take this as the next version. Nothing is registered.</p>
      <textarea
        class="code"
        aria-label="Schema to try"
        rows={12}
        spellcheck={false}
        value={draft ?? start}
        onInput={(event) => setDraft(event.currentTarget.value)}
      />
      <div class="row">
        <button type="button" class="primary" disabled={busy} onClick={() => void run()}>
          {busy ? "Asking …" : "Is it compatible?"}
        </button>
        {result !== undefined && (
          <Badge
            tone={result.compatible ? "good" : "bad"}
            icon={result.compatible ? "ok" : "error"}
            text={result.compatible ? "compatible" : "not compatible"}
          />
        )}
      </div>
      {problem !== undefined && <Failed error={problem} />}
      {result !== undefined && result.messages.length > 0 && (
        <ul class="messages" aria-label="What the registry says">
          {result.messages.map((message) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      )}
    </section>
  );
}
