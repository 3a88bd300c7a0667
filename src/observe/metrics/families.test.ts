import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../index.js";
import { FAMILIES } from "./families.js";

describe("the table of metrics", () => {
  it("names each once, in base units, counters with _total", () => {
    expect(new Set(FAMILIES.map(({ name }) => name)).size).toBe(FAMILIES.length);
    for (const { name, type } of FAMILIES) {
      expect(name).toMatch(/^nats_[a-z]+(_[a-z]+)*$/);
      expect(name.endsWith("_total"), name).toBe(type === "counter");
      expect(name, name).not.toMatch(/_(ms|millis|milliseconds|kb|mb|minutes|percent|count|sum|bucket)(_|$)/);
      if (type === "histogram") expect(name).toMatch(/_seconds$/);
      if (/_(age|duration|latency|rtt)(_|$)/.test(name)) expect(name).toMatch(/_seconds$/);
    }
  });

  it("says in one line what each means", () => {
    for (const { name, help } of FAMILIES) expect(help, name).toMatch(/^[A-Z0-9][^\n|`]{10,}\.$/);
    expect(new Set(FAMILIES.map(({ help }) => help)).size).toBe(FAMILIES.length);
  });

  it("has every name of the common guides", () => {
    const names = new Set(FAMILIES.map(({ name }) => name));
    for (const name of [
      "nats_connection_state",
      "nats_reconnections_total",
      "nats_disconnection_duration_seconds",
      "nats_buffer_size_bytes",
      "nats_buffer_limit_bytes",
      "nats_messages_published_total",
      "nats_publish_latency_seconds",
      "nats_errors_total",
      "nats_client_connected",
      "nats_client_reconnect_total",
      "nats_client_messages_in_total",
      "nats_client_messages_out_total",
      "nats_client_bytes_in_total",
      "nats_client_bytes_out_total",
      "nats_client_info",
      "nats_messages_dropped_total",
      "nats_reconnect_attempts_total",
      "nats_ping_rtt_seconds",
    ])
      expect(names.has(name), name).toBe(true);
  });

  it("counts errors from the beginning under codes that there are", () => {
    const { samples } = FAMILIES.find(({ name }) => name === "nats_errors_total")!;
    const types = samples({ observation: { errors: new Map([["TIMEOUT", 2]]) } } as never);
    for (const { labels, value } of types) {
      expect({ ...ErrorCode, UNKNOWN: "UNKNOWN" }).toHaveProperty(labels.type);
      expect(value, labels.type).toBe(labels.type === "TIMEOUT" ? 2 : 0);
    }
    expect(new Set(types.map(({ labels }) => labels.type)).size).toBe(types.length);
    expect(types.length).toBeGreaterThan(15);
  });
});
