type Answer = Promise<string | undefined>;

interface SharedLoad {
  /** What Redis held when it began; undefined if it is not known. */
  mark: string | undefined;
  /** Whether the mark is on its way to Redis: its answer has not come yet. */
  marking: boolean;
  answer: Answer;
}

/** Loads under way in this process, which other readers of their key may join. */
export interface SharedLoads {
  /**
   * The load that a reader may join: it began after the reader.
   *
   * @param mark what the reader found in Redis; null if that was nothing
   */
  find(key: string, mark: string | null): Answer | undefined;
  /** @param marking true if `mark` is sent to Redis first: call {@link marked} with the outcome */
  add(key: string, mark: string, marking: boolean, answer: Answer): void;
  marked(key: string, mark: string, isSet: boolean): void;
  /** Lets nobody join the load of `key` any more. */
  drop(key: string): void;
}

/**
 * A reader that joins a load which began before it could see what was true before a change that
 * was answered, in another process, before the reader came. Each change leaves a new mark in Redis,
 * and so does each load that may fill the cache. A reader that finds the very mark under which a
 * load began knows that nothing was changed since.
 *
 * A reader that finds nothing may join a load whose mark is not acknowledged yet: Redis answers in
 * order, so the reader asked before the mark was sent, and the load begins after that.
 */
export function createSharedLoads(): SharedLoads {
  const loads = new Map<string, SharedLoad>();
  return {
    find(key, mark) {
      const load = loads.get(key);
      return load && (mark === null ? load.marking : load.mark === mark) ? load.answer : undefined;
    },
    add(key, mark, marking, answer) {
      const load: SharedLoad = { mark, marking, answer };
      loads.set(key, load);
      const settle = () => {
        if (loads.get(key) === load) loads.delete(key);
      };
      answer.then(settle, settle);
    },
    marked(key, mark, isSet) {
      const load = loads.get(key);
      if (load?.mark !== mark) return;
      load.marking = false;
      if (!isSet) load.mark = undefined;
    },
    drop: (key) => void loads.delete(key),
  };
}

/**
 * Returns a function that loads without any mark. A reader never joins a load under way, because a
 * change may have come since: it waits for the next one, which all who wait share.
 */
export function createLoadsInTurn(): (key: string, load: () => Answer) => Answer {
  const running = new Map<string, { current: Answer; next: Answer | undefined }>();

  function start(key: string, load: () => Answer): Answer {
    const turn = { current: load(), next: undefined };
    running.set(key, turn);
    const settle = () => {
      if (running.get(key) === turn && turn.next === undefined) running.delete(key);
    };
    turn.current.then(settle, settle);
    return turn.current;
  }

  return (key, load) => {
    const turn = running.get(key);
    if (!turn) return start(key, load);
    turn.next ??= turn.current.then(
      () => start(key, load),
      () => start(key, load),
    );
    return turn.next;
  };
}
