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
      ["Diagnose", "diagnose"],
      ["Doctor", "doctor"],
      ["Does the client say why?", "causes"],
      ["Lint of a configuration", "lint"],
      ["drain() and close()", "closing"],
      ["Events and errors", "events"],
    ],
  ],
  [
    "Causes of ends",
    [
      ["network", "causes/network"],
      ["refused", "causes/refused"],
      ["server-shutdown", "causes/server-shutdown"],
      ["lame-duck", "causes/lame-duck"],
      ["stale", "causes/stale"],
      ["overload", "causes/overload"],
      ["slow-consumer", "causes/slow-consumer"],
      ["authentication", "causes/authentication"],
      ["tls", "causes/tls"],
      ["payload", "causes/payload"],
      ["protocol", "causes/protocol"],
      ["local-stall", "causes/local-stall"],
      ["client", "causes/client"],
      ["unknown", "causes/unknown"],
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
      ["The command line", "cli"],
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
