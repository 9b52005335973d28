import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/**
 * Whether an element is near the screen: what is far below asks for no data.
 *
 * @param atFirst what holds until the browser has told, some frames later
 */
export function useInView<T extends Element>(atFirst: boolean): [RefObject<T | null>, boolean] {
  const box = useRef<T>(null);
  const [isVisible, setVisible] = useState(atFirst);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => setVisible(entry?.isIntersecting ?? false), {
      rootMargin: "200px",
    });
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  return [box, isVisible];
}
