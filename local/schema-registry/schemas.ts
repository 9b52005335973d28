import { errors } from "./errors.ts";
import type { Reference, SchemaValue } from "./records.ts";
import type { RegistryStore } from "./store.ts";

export interface SchemaResponse {
  schema: string;
  schemaType?: string;
  references?: readonly Reference[];
  maxId?: number;
}

/** Queries by id. Ids of soft-deleted versions are still known, so that old data decodes. */
export function createSchemaOperations(store: RegistryStore) {
  const byId = (text: string): SchemaValue[] => {
    const id = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(id)) throw errors.schemaNotFound();
    const versions = store.state.byId(id);
    if (versions.length === 0) throw errors.schemaNotFound(id);
    return versions;
  };
  return {
    /** @throws RegistryError 40403 */
    byId(id: string, fetchMaxId: boolean): SchemaResponse {
      const [first] = byId(id) as [SchemaValue];
      const { schema, schemaType, references } = first;
      return {
        schema,
        ...(schemaType === "AVRO" ? {} : { schemaType }),
        ...(references.length === 0 ? {} : { references }),
        ...(fetchMaxId ? { maxId: store.state.maxId } : {}),
      };
    },

    versionsOf(id: string, deleted: boolean): { subject: string; version: number }[] {
      return byId(id)
        .filter((value) => deleted || !value.deleted)
        .map(({ subject, version }) => ({ subject, version }));
    },

    /** Every version whose subject has the prefix. */
    list(prefix: string, deleted: boolean, latestOnly: boolean): SchemaValue[] {
      const { state } = store;
      const include = deleted ? "all" : "live";
      return state
        .subjects(include)
        .filter((subject) => subject.startsWith(prefix))
        .flatMap((subject) =>
          latestOnly ? state.versions(subject, include).slice(-1) : state.versions(subject, include),
        );
    },
  };
}
