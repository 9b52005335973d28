import { Icon } from "../parts/icon.tsx";
import { api } from "./api.ts";
import { address, href } from "./location.ts";
import { importedData } from "./platform.ts";
import { useAnswer } from "./use-answer.ts";

/** Says on every view that what is shown is from a file, and leads back. */
export function ImportedBanner() {
  const id = importedData();
  const { data: imports } = useAnswer(id === undefined ? undefined : "imports", api.imports);
  if (id === undefined) return null;
  const file = imports?.find((each) => each.id === id);
  const [path = "logs"] = address.value.path;
  return (
    <p class="banner imported" role="status">
      <Icon name="lock" />
      <span>
        Read-only: from the file <strong>{file?.name ?? id}</strong>
        {file !== undefined && <> of the stack {file.stack}</>}, not from this stack.
      </span>
      <a href={href([path])}>Back to live data</a>
    </p>
  );
}
