/**
 * The order of the pages, as `[title, path]`: the path is that on the site, without `.md`. Every page of docs/ is here or below a page that is
 * (a test compares).
 */
export const guide = [
  [
    "Begin",
    [
      ["Overview", "index"],
      ["Start here", "start"],
      ["Promises", "promises"],
      ["Options", "options"],
      ["Configuration", "configuration"],
    ],
  ],
  [
    "The connection",
    [
      ["Buffering", "buffering"],
      ["The outbox", "outbox"],
      ["Stream publisher", "stream-publisher"],
      ["Reconnecting and failover", "reconnecting"],
      ["TLS, credentials, WebSockets", "security"],
      ["Why connections drop", "why-connections-drop"],
      ["drain() and close()", "closing"],
      ["Events and errors", "events"],
    ],
  ],
  [
    "Services",
    [
      ["Subscriptions and requests", "subscriptions"],
      ["Handlers", "service/handle"],
      ["JetStream consumers", "service/consume"],
      ["Request policies", "service/request"],
      ["Graceful shutdown", "service/shutdown"],
    ],
  ],
  [
    "Seen from outside",
    [
      ["Health", "observe/health"],
      ["Metrics", "observe/metrics"],
      ["Alerts", "observe/alerts"],
      ["Dashboard", "observe/dashboard"],
      ["OpenTelemetry", "observe/opentelemetry"],
    ],
  ],
  [
    "Recipes",
    [
      ["Patterns and integrations", "recipes"],
      ["Testing your own recovery", "testing"],
    ],
  ],
  [
    "Coming from",
    [
      ["nats.js", "migrate-from-nats-js"],
      ["nats 2", "compat"],
      ["nats.go", "migrate-from-nats-go"],
    ],
  ],
  [
    "Proof",
    [
      ["Performance", "performance"],
      ["Faults", "faults"],
      ["Changes of server", "failover"],
      ["Storms", "storms"],
      ["Measured", "measured"],
      ["Parity", "parity"],
    ],
  ],
  [
    "The project",
    [
      ["Decisions", "adr/index"],
      ["Changelog", "changelog"],
      ["Building it", "contributing"],
    ],
  ],
];
