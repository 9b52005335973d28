/** Topics in which the broker and the schema registry keep their own state. */
export function isInternalTopic(topic: string): boolean {
  return /^(__|_schemas$|_redpanda)/.test(topic);
}
