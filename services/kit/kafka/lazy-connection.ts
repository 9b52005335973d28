export interface LazyConnection<T> {
  get(): Promise<T>;
  close(): Promise<void>;
}

/**
 * Connects on the first `get`, and again after a failed attempt: a service starts while its broker
 * is away.
 */
export function connectLazily<T extends { connect(): Promise<void>; disconnect(): Promise<void> }>(
  create: () => T,
): LazyConnection<T> {
  let connected: Promise<T> | undefined;
  return {
    get() {
      if (!connected) {
        const connection = create();
        connected = connection.connect().then(
          () => connection,
          async (error: unknown) => {
            connected = undefined;
            await connection.disconnect();
            throw error;
          },
        );
      }
      return connected;
    },
    async close() {
      const open = connected;
      connected = undefined;
      // A failed connection has nothing to close.
      const [outcome] = await Promise.allSettled([open]);
      if (outcome.status === "fulfilled") await outcome.value?.disconnect();
    },
  };
}
