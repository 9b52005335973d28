import assert from "node:assert/strict";
import { elasticsearchServer, kibanaServer } from "../../../../../../components/observability/kubernetes/tools/elk.ts";
import { clusterContext } from "../../../../../support/observability/cluster-context.ts";

describe("ELK", () => {
  it("is of a version whose Elasticsearch takes logs by OTLP: 9.5, and Kibana's is the same (SHOP-9)", () => {
    const version = ({ image }: { image: string }) => /:(\d+)\.(\d+)\.\d+$/.exec(image)!;
    const [elasticsearch, kibana] = [elasticsearchServer, kibanaServer].map((define) =>
      version(define(clusterContext())),
    );
    assert.ok(Number(elasticsearch![1]) > 9 || Number(elasticsearch![2]) >= 5, elasticsearch![0]);
    assert.deepEqual(kibana![0], elasticsearch![0]);
  });

  it("does not restart Kibana while Elasticsearch is away", () => {
    assert.deepEqual(kibanaServer(clusterContext()).probes, { ready: "/api/status" });
  });
});
