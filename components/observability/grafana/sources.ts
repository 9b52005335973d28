/** Data sources by the uids that Grafana is set up with. */
export const PROMETHEUS = { type: "prometheus", uid: "prometheus" };
export const LOKI = { type: "loki", uid: "loki" };
export const TEMPO = { type: "tempo", uid: "tempo" };
