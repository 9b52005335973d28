import { address } from "../app/location.ts";
import { TraceList } from "./trace-list.tsx";
import { TraceView } from "./trace-view.tsx";

export function TracesView() {
  const [, id] = address.value.path;
  return id === undefined ? <TraceList /> : <TraceView key={id} id={id} />;
}
