import type { TopicDetails } from "../../model/api.ts";
import { PageError } from "../../model/page-error.ts";
import type { TopicSource } from "../../model/sources.ts";
import { readJsonObject } from "../http/json-body.ts";
import { optionalText, optionalWhole } from "../http/parameters.ts";
import type { Route } from "../http/router.ts";

const MAX_RECORDS = 200;
const MAX_PARTITION = 100_000;
const OFFSET = /^\d{1,19}$/;

export function createTopicRoutes(topics: TopicSource): Route[] {
  return [
    { method: "GET", path: "/api/topics", handle: () => topics.list() },
    {
      method: "GET",
      path: "/api/topics/:topic",
      handle: async ({ path }): Promise<TopicDetails> => {
        const [all, offsets] = await Promise.all([topics.list(), topics.partitions(path.topic!)]);
        const topic = all.find(({ name }) => name === path.topic);
        if (topic === undefined) throw new PageError(404, `There is no topic '${path.topic}'`);
        return { ...topic, offsets };
      },
    },
    {
      method: "GET",
      path: "/api/topics/:topic/records",
      handle: ({ path, query }) => {
        const limit = optionalWhole(query, "limit", 1, MAX_RECORDS) ?? 50;
        const partition = optionalWhole(query, "partition", 0, MAX_PARTITION);
        const offset = optionalText(query, "before");
        if ((partition === undefined) !== (offset === undefined))
          throw new PageError(
            400,
            "partition and before go together: records before an offset are those of a partition",
          );
        return topics.records(
          path.topic!,
          limit,
          partition === undefined ? undefined : { partition, offset: requireOffset(offset) },
        );
      },
    },
    {
      method: "POST",
      path: "/api/topics/:topic/replay",
      changes: true,
      handle: async ({ path, http }) => {
        if (!topics.replay) throw new PageError(403, "This page only shows a cluster: nothing can be replayed from it");
        const { partition, offset } = await readJsonObject(http, 4096);
        if (!Number.isInteger(partition) || (partition as number) < 0)
          throw new PageError(400, "partition must be a whole number of at least 0");
        return topics.replay(path.topic!, partition as number, requireOffset(offset));
      },
    },
  ];
}

function requireOffset(offset: unknown): string {
  if (typeof offset !== "string" || !OFFSET.test(offset))
    throw new PageError(400, "An offset is a whole number, given as text");
  return offset;
}
