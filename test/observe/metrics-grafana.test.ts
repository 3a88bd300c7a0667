import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Registry } from "prom-client";
import { beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { FAMILIES } from "../../src/observe/metrics/families.js";
import { registerMetrics } from "../../src/observe/metrics/register-metrics.js";
import { NatsServer } from "../../src/testing/server.js";
import { promtool } from "../support/promtool.js";
import { Scrape } from "./metrics-scrape.js";
import { oneOfEach } from "./support/components.js";

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; legendFormat: string; datasource: { uid: string } }[];
}
interface Dashboard {
  uid: string;
  panels: Panel[];
  templating: { list: { name: string; definition?: string }[] };
}

const FILE = fileURLToPath(new URL("../../grafana/holdfast.json", import.meta.url));
const dashboard = JSON.parse(readFileSync(FILE, "utf8")) as Dashboard;
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })),
);
const variables = dashboard.templating.list;

/** What Prometheus itself adds to each series of a target. */
const TARGET_LABELS = ["job", "instance"];

/** With values for what Grafana fills in. */
const filled = (expr: string) =>
  expr
    .replaceAll("$__rate_interval", "5m")
    .replaceAll("$__range", "1h")
    .replace(/\$(job|service|connection)/g, ".*");

let scrape: Scrape;
beforeAll(async () => {
  await using server = await NatsServer.start();
  await using nc = await connect({ servers: server.url, name: "orders" });
  const register = new Registry();
  registerMetrics(nc, { register, labels: { service: "shop" }, subjects: true });
  for (const component of oneOfEach()) nc.addComponent(component);
  nc.publish("a.17");
  await nc.flush();
  scrape = await Scrape.of(register);
});

describe("the Grafana dashboard", () => {
  it("asks only for metrics, labels and values of labels that a scrape has", () => {
    for (const { title, expr } of [
      ...queries,
      ...variables.flatMap(({ name, definition }) =>
        definition === undefined ? [] : { title: name, expr: definition },
      ),
    ]) {
      const selectors = [...expr.matchAll(/\b(nats_\w+)(?:\{([^}]*)\})?/g)];
      expect(selectors.length, title).toBeGreaterThan(0);
      for (const [, name, matchers = ""] of selectors) {
        expect(scrape.all(name).length, `${title}: ${name}`).toBeGreaterThan(0);
        for (const [, label, operator, value] of matchers.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)) {
          if (TARGET_LABELS.includes(label)) continue;
          const values = new Set(scrape.all(name).map(({ labels }) => labels[label]));
          expect([...values], `${title}: ${name} by ${label}`).not.toContain(undefined);
          const asked = value.startsWith("$") ? [] : operator.endsWith("~") ? value.split("|") : [value];
          for (const one of asked) expect([...values], `${title}: ${name}`).toContain(one);
        }
      }
    }
  });

  it("tells series apart by labels that they have", () => {
    for (const { title, expr, legendFormat } of queries) {
      const names = [...expr.matchAll(/\b(nats_\w+)/g)].map(([name]) => name);
      const has = (label: string) =>
        TARGET_LABELS.includes(label) ||
        names.every((name) => scrape.all(name)[0].labels[label] !== undefined);
      const grouped = [...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list]) => list.split(", "));
      for (const label of grouped) if (label !== "le") expect(has(label), `${title}: ${label}`).toBe(true);
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
      const kept = /\bby \(([^)]*)\)/.exec(expr)?.[1].split(", ");
      for (const label of shown) {
        expect(has(label), `${title}: ${label}`).toBe(true);
        if (kept !== undefined) expect(kept, title).toContain(label);
        else expect(/\b(?:sum|max|min|count)\(/.test(expr), `${title}: ${label} is summed away`).toBe(false);
      }
    }
  });

  it("asks in PromQL", async () => {
    const dir = mkdtempSync(join(tmpdir(), "holdfast-dashboard-"));
    try {
      const rules = queries.map(
        ({ expr }, i) => `      - { record: "q${i}", expr: ${JSON.stringify(filled(expr))} }\n`,
      );
      writeFileSync(join(dir, "rules.yml"), `groups:\n  - name: dashboard\n    rules:\n${rules.join("")}`);
      const { code, output } = await promtool(["check", "rules", "rules.yml"], { cwd: dir });
      expect(output).toContain(`SUCCESS: ${queries.length} rules found`);
      expect(code).toBe(0);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it("shows every metric but those that say the same as another", () => {
    const shown = queries.map(({ expr }) => expr).join(" ");
    const left = FAMILIES.filter(({ name }) => !shown.includes(name)).map(({ name }) => name);
    expect(left).toEqual(["nats_client_reconnect_total"]);
  });

  it("lets every panel be narrowed by job, service and connection, in any Prometheus", () => {
    expect(variables.map(({ name }) => name)).toEqual(["datasource", "job", "service", "connection"]);
    for (const { title, expr } of queries)
      for (const [selector] of expr.matchAll(/\bnats_\w+(?:\{[^}]*\})?/g))
        expect(selector, title).toMatch(
          /\{job=~"\$job", service=~"\$service", connection=~"\$connection"(, [^}]*)?\}$/,
        );
    for (const { title, targets = [] } of dashboard.panels)
      for (const { datasource } of targets) expect(datasource.uid, title).toMatch(/^\$\{datasource\}$/);
  });

  it("has panels with a title and a word about them, none over another", () => {
    const cells = new Set<string>();
    for (const {
      type,
      title,
      description,
      gridPos: { x, y, w, h },
    } of dashboard.panels) {
      expect(title).toMatch(/\w/);
      if (type !== "row") expect(description, title).toMatch(/^[A-Z].*\.$/);
      expect(x + w, title).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column++)
        for (let row = y; row < y + h; row++) {
          expect(cells.has(`${column} ${row}`), title).toBe(false);
          cells.add(`${column} ${row}`);
        }
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });
});
