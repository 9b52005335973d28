/** Structurally the Kafka client's own type; calls of one producer share one partitioner. */
type PartitionerFactory = () => (args: {
  partitionMetadata: readonly unknown[];
  message: { key?: Buffer | string | null; partition?: number };
}) => number;

/**
 * Chooses the partition of a key as other Kafka clients do (murmur2 without its sign, modulo the
 * number of partitions), so that writers in any language keep a key's order. kafkajs's partitioner
 * gives the same numbers through 64-bit objects, which cost a tenth of the work on a record.
 */
export const createPartitioner: PartitionerFactory = () => {
  let next = 0;
  return ({ partitionMetadata, message }) => {
    const { key, partition } = message;
    if (partition !== undefined && partition !== null) return partition;
    const count = partitionMetadata.length;
    const chosen =
      key === null || key === undefined
        ? next++ % count
        : (murmur2(typeof key === "string" ? Buffer.from(key) : key) & 0x7fffffff) % count;
    // Further attempts use the same partition, so that their answers can be matched.
    message.partition = chosen;
    return chosen;
  };
};

const M = 0x5bd1e995;

/** Source: `org.apache.kafka.common.utils.Utils.murmur2`. */
export function murmur2(data: Buffer): number {
  const { length } = data;
  const whole = length & ~3;
  let hash = 0x9747b28c ^ length;
  for (let offset = 0; offset < whole; offset += 4) {
    let k = Math.imul(data.readInt32LE(offset), M);
    k = Math.imul(k ^ (k >>> 24), M);
    hash = Math.imul(hash, M) ^ k;
  }
  const rest = length - whole;
  if (rest > 2) hash ^= (data[whole + 2] as number) << 16;
  if (rest > 1) hash ^= (data[whole + 1] as number) << 8;
  if (rest > 0) hash = Math.imul(hash ^ (data[whole] as number), M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}
