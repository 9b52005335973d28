/** TCP ports of the local broker, by listener. */
export interface BrokerPorts {
  kafka: number;
  controller: number;
}

/** Kafka's `server.properties` for one node that is broker and controller. */
export function serverProperties({ kafka, controller }: BrokerPorts) {
  return {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@127.0.0.1:${controller}`,
    "controller.listener.names": "CONTROLLER",
    listeners: `PLAINTEXT://127.0.0.1:${kafka},CONTROLLER://127.0.0.1:${controller}`,
    "advertised.listeners": `PLAINTEXT://localhost:${kafka}`,
    // Below the folder that it works in: a comma in an absolute path would make two folders of it.
    "log.dirs": "data",
    // Topics are declared; a misspelt name must be an error.
    "auto.create.topics.enable": false,
    // One broker can hold one replica.
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    // Fewer partitions to open at start, smaller buffers at rest.
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.num.partitions": 4,
    "log.cleaner.dedupe.buffer.size": 8 << 20,
    "num.io.threads": 4,
    "num.network.threads": 2,
    "background.threads": 2,
    // A lone consumer need not wait for others to join.
    "group.initial.rebalance.delay.ms": 0,
    // A killed broker stays fenced until its old session ends: nine seconds by default.
    "broker.session.timeout.ms": 1000,
    "broker.heartbeat.interval.ms": 200,
  };
}

export const log4jProperties = {
  status: "error",
  "appender.console.type": "Console",
  "appender.console.name": "console",
  "appender.console.layout.type": "PatternLayout",
  "appender.console.layout.pattern": "%d{ISO8601} %p %c{1} %m%n",
  "rootLogger.level": "warn",
  "rootLogger.appenderRef.console.ref": "console",
};

/** The text of a Java properties file. */
export function formatProperties(values: Record<string, string | number | boolean>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
