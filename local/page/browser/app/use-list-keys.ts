import { useEffect, useRef } from "preact/hooks";
import { type ListKeys, takeListKeys } from "./keyboard.ts";

/** Keys of a view's list while the view is shown. */
export function useListKeys(keys: ListKeys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => takeListKeys(() => latest.current), []);
}
