import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { optionsFromEnv } from "../../src/index.js";
import { findBinary } from "../../src/testing/launcher/binary.js";
import { NatsServer } from "../../src/testing/server.js";
import { Examples } from "../support/examples.js";
import { promtool } from "../support/promtool.js";
import { rejection } from "../support/until.js";
import { http, httpUntil, urlOf } from "./integrations-http.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const EXAMPLES = join(ROOT, "examples");
const COMPOSE = join(EXAMPLES, "docker-compose");
const read = (...path: string[]) => readFileSync(join(EXAMPLES, ...path), "utf8");

// biome-ignore lint/suspicious/noExplicitAny: what stands in a file of YAML
type Any = any;

const SERVERS = ["nats-1", "nats-2", "nats-3"];

const folder = mkdtempSync(join(tmpdir(), "holdfast-deploy-"));
let examples: Examples;
beforeAll(async () => {
  examples = await Examples.make(["express"]);
}, 120_000);
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await examples?.[Symbol.asyncDispose]();
});

/** Variables that look like ours must be ours, and what they say must be taken. */
function expectConfiguration(env: Record<string, string>): void {
  const ours = Object.keys(env).filter((name) => name.startsWith("NATS_"));
  const known = optionsFromEnv.describe().match(/\bNATS_[A-Z_]+/g);
  expect(ours.filter((name) => !known?.includes(name))).toEqual([]);
  expect(ours).not.toEqual([]);
  const secret = join(folder, "any");
  writeFileSync(secret, "any");
  const files = Object.fromEntries(
    ours.filter((name) => name.endsWith("_FILE")).map((name) => [name, secret]),
  );
  expect(() => optionsFromEnv({ ...env, ...files })).not.toThrow();
}

describe("the Kubernetes manifest", () => {
  const documents = parseAllDocuments(read("kubernetes/orders.yaml"));
  const of = (kind: string): Any => documents.map((each) => each.toJS()).find((each) => each.kind === kind);
  const deployment = of("Deployment");
  const pod = deployment.spec.template;
  const [container] = pod.spec.containers;
  const env: Record<string, string> = Object.fromEntries(
    container.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
  );
  const portOf = (name: string) => container.ports.find((port: Any) => port.name === name).containerPort;

  it("is of one piece: labels, ports, volumes, the time for a shutdown", () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    const { labels } = pod.metadata;
    expect(labels).toMatchObject(deployment.spec.selector.matchLabels);
    expect(labels).toMatchObject(of("Service").spec.selector);
    expect(labels).toMatchObject(of("PodDisruptionBudget").spec.selector.matchLabels);
    expect(portOf(of("Service").spec.ports[0].targetPort)).toBe(Number(env.PORT));
    expect(pod.metadata.annotations["prometheus.io/port"]).toBe(env.PORT);
    const [mount] = container.volumeMounts;
    const [volume] = pod.spec.volumes;
    expect(volume.name).toBe(mount.name);
    const files = volume.secret.items.map(({ path }: { path: string }) => join(mount.mountPath, path));
    expect(files).toContain(env.NATS_TOKEN_FILE);
    expect(mount.subPath).toBeUndefined(); // or a secret that was replaced would never arrive
    // gracefulShutdown() takes 25 s at most, and half of them may be delay.
    expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThan(25);
    expect(Number(env.SHUTDOWN_DELAY)).toBeLessThanOrEqual(12_500);
    expectConfiguration(env);
  });

  it("asks the program what it answers, on the port that it listens on, with the secret from its file", async () => {
    const token = join(folder, "token");
    writeFileSync(token, "first\n");
    await using server = await NatsServer.start({ token: "first" });
    await using example = examples.start("integrations/express", {
      servers: server.url,
      env: {
        ...env,
        HOST: "127.0.0.1",
        PORT: "0",
        SHUTDOWN_DELAY: "2000",
        NATS_SERVERS: server.url,
        NATS_TOKEN_FILE: token,
        NATS_RECONNECT_TIME_WAIT: "20ms",
        // What Kubernetes sets for a service called nats.
        NATS_SERVICE_HOST: "10.0.0.1",
        NATS_SERVICE_PORT: "4222",
        NATS_PORT: "tcp://10.0.0.1:4222",
        NATS_PORT_4222_TCP_ADDR: "10.0.0.1",
      },
    });
    const url = await urlOf(example);
    const { livenessProbe, readinessProbe, startupProbe } = container;
    for (const { httpGet } of [livenessProbe, readinessProbe, startupProbe]) {
      expect(portOf(httpGet.port)).toBe(Number(env.PORT));
      await httpUntil(url + httpGet.path, ({ status }) => status === 200);
    }
    const scraped = await http(url + pod.metadata.annotations["prometheus.io/path"]);
    expect(scraped.body.text).toMatch(/^nats_client_connected\{.*connection="orders-.*\} 1$/m);

    await server.kill();
    await httpUntil(`${url}/health`, ({ status }) => status === 503);
    expect((await http(url + livenessProbe.httpGet.path)).status).toBe(200); // it is not restarted
    writeFileSync(token, "second\n"); // replaced, as a mounted secret is
    await server.restart();
    await server.reload({ token: "second" });
    await httpUntil(`${url}/health`, ({ status }) => status === 200);

    example.signal("SIGTERM");
    await httpUntil(url + readinessProbe.httpGet.path, ({ status }) => status === 503);
    expect((await http(url + livenessProbe.httpGet.path)).status).toBe(200);
    await example.ended();
    expect(example).toMatchObject({ code: 0, errors: "" });
  }, 60_000);
});

describe("the compose file", () => {
  const compose: Any = parse(read("docker-compose/compose.yaml"), { merge: true });
  const { services } = compose;
  const mounts = (service: Any): { from: string; to: string; readOnly: boolean }[] =>
    (service.volumes ?? []).map((volume: string) => {
      const [from, to, mode] = volume.split(":");
      return { from, to, readOnly: mode === "ro" };
    });

  it("has three servers, the service, Prometheus and Grafana; what is mounted is there", () => {
    expect(Object.keys(services)).toEqual([...SERVERS, "orders", "prometheus", "grafana"]);
    for (const service of Object.values(services)) {
      for (const { from, readOnly } of mounts(service)) {
        if (!from.startsWith(".")) expect(Object.keys(compose.volumes)).toContain(from);
        else {
          expect(existsSync(join(COMPOSE, from)), from).toBe(true);
          expect(readOnly).toBe(true);
        }
      }
      // Nobody else in the network gets in.
      for (const port of (service as Any).ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    }
  });

  it.each(SERVERS)("gives %s a configuration that nats-server takes", async (name) => {
    const { environment, command, volumes } = services[name];
    const [, at] = command;
    expect(volumes).toContain(`./nats.conf:${at}:ro`);
    expect(environment.SERVER_NAME).toBe(name);
    const binary = await findBinary();
    const check = async (file: string, env: Record<string, string>) =>
      (await promisify(execFile)(binary, ["-t", "-c", file], { env })).stderr;
    const conf = read("docker-compose/nats.conf");
    for (const other of SERVERS) expect(conf).toContain(`nats://${other}:6222`);
    // As a shell may have it: a token that looks like a number is one for nats-server, unless it stands in quotes.
    for (const token of ["3f4a00", "1234567890"]) {
      const NATS_TOKEN = environment.NATS_TOKEN.replace(/\$\{NATS_TOKEN:\?[^}]*\}/, token);
      expect(NATS_TOKEN).toBe(`"${token}"`);
      const said = await check(join(COMPOSE, "nats.conf"), { SERVER_NAME: name, NATS_TOKEN });
      expect(said).toContain("is valid");
    }
    const wrong = join(folder, "wrong.conf");
    writeFileSync(wrong, conf.replace("jetstream {", "jetstraem {"));
    const error = await rejection(check(wrong, { SERVER_NAME: name, NATS_TOKEN: "t" }));
    expect(error.message).toContain("jetstraem");
    expect((await rejection(check(join(COMPOSE, "nats.conf"), { SERVER_NAME: name }))).message).toContain(
      "NATS_TOKEN",
    );
  });

  it("starts the service with variables that there are, and gives it its time to end", () => {
    const { environment, secrets, stop_grace_period, build, healthcheck, ports } = services.orders;
    expectConfiguration(environment);
    const servers = environment.NATS_SERVERS.split(",").map((url: string) => new URL(url));
    expect(servers.map(({ hostname }: URL) => hostname)).toEqual(SERVERS);
    expect(secrets.map((name: string) => `/run/secrets/${name}`)).toEqual([environment.NATS_TOKEN_FILE]);
    expect(compose.secrets[secrets[0]]).toEqual({ environment: "NATS_TOKEN" });
    expect(Number.parseInt(stop_grace_period, 10)).toBeGreaterThan(25);
    expect(ports[0].endsWith(`:${environment.PORT}`)).toBe(true);
    expect(healthcheck.test.at(-1)).toBe(`http://localhost:${environment.PORT}/livez`);
    expect(join(COMPOSE, build.context)).toBe(EXAMPLES);
  });

  it("builds an image of files that there are, with all packages that they import", () => {
    const dockerfile = read(services.orders.build.dockerfile);
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, from]) =>
      from!.split(" "),
    );
    expect(copied).toContain("docker-compose/package.json");
    const sources = copied.flatMap((path) => {
      const at = join(EXAMPLES, path);
      return statSync(at).isDirectory() ? readdirSync(at).map((name) => join(at, name)) : [at];
    });
    const { dependencies } = JSON.parse(read("docker-compose/package.json"));
    const imported = sources
      .filter((path) => path.endsWith(".ts"))
      .flatMap((path) =>
        [...readFileSync(path, "utf8").matchAll(/from "([^"]+)"/g)].map(([, name]) => name!),
      );
    const packages = imported
      .filter((name) => !/^(?:node:|\.)/.test(name))
      .map((name) => name.split("/")[0]!);
    expect(packages.filter((name) => !(name in dependencies))).toEqual([]);
    const names = sources.map((path) => basename(path, ".ts"));
    const local = imported.filter((name) => name.startsWith(".")).map((name) => basename(name, ".js"));
    expect(local.filter((name) => !names.includes(name))).toEqual([]);
    // What npm would fetch is what is tested here.
    const ours = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    for (const [name, range] of Object.entries(dependencies)) {
      const own =
        name === "holdfast"
          ? `^${ours.version}`
          : (ours.devDependencies[name] ?? ours.peerDependencies[name]);
      expect(range, name).toBe(own);
    }
  });

  it("mounts Prometheus' configuration and rules as Prometheus takes them", async () => {
    const home = join(folder, "prometheus");
    for (const { from, to } of mounts(services.prometheus)) {
      if (!from.startsWith(".")) continue;
      mkdirSync(join(home, dirname(to)), { recursive: true });
      cpSync(join(COMPOSE, from), join(home, to));
    }
    const check = (file: string) =>
      promtool(["check", "config", file], { cwd: join(home, "etc/prometheus") });
    const { code, output } = await check("prometheus.yml");
    expect(output).toContain("SUCCESS: 1 rule files found");
    expect(code).toBe(0);
    cpSync(join(EXAMPLES, "prometheus/kubernetes.yml"), join(home, "etc/prometheus/kubernetes.yml"));
    expect(await check("kubernetes.yml")).toMatchObject({ code: 0 });
    writeFileSync(join(home, "etc/prometheus/wrong.yml"), "scrape_configs: [{ job: x }]");
    expect((await check("wrong.yml")).code).not.toBe(0);

    const { scrape_configs }: Any = parse(read("prometheus/prometheus.yml"));
    const [target] = scrape_configs[0].static_configs[0].targets;
    expect(target).toBe(`orders:${services.orders.environment.PORT}`);
    const [pods]: Any = parse(read("prometheus/kubernetes.yml")).scrape_configs;
    const pod: Any = parseAllDocuments(read("kubernetes/orders.yaml"))[0]!.toJS().spec.template;
    const labels = pods.relabel_configs.flatMap((rule: Any) => rule.source_labels).join();
    for (const name of Object.keys(pod.metadata.annotations)) {
      expect(labels).toContain(`annotation_${name.replace(/[./]/g, "_")}`);
    }
  });

  it("mounts Grafana's data source and dashboard where Grafana looks for them", () => {
    const mounted = Object.fromEntries(mounts(services.grafana).map(({ from, to }) => [to, from]));
    const at = join(COMPOSE, mounted["/etc/grafana/provisioning"]!);
    const [provider]: Any = parse(readFileSync(join(at, "dashboards/holdfast.yml"), "utf8")).providers;
    const dashboards = Object.keys(mounted).filter((path) => path.endsWith(".json"));
    expect(dashboards.map(dirname)).toEqual([provider.options.path]);
    const dashboard: Any = JSON.parse(readFileSync(join(COMPOSE, mounted[dashboards[0]!]!), "utf8"));
    const [source]: Any = parse(readFileSync(join(at, "datasources/prometheus.yml"), "utf8")).datasources;
    const asked = dashboard.templating.list.find(({ type }: Any) => type === "datasource");
    expect(source).toMatchObject({ type: asked.query, isDefault: true, url: "http://prometheus:9090" });
    expect(services.prometheus.ports).toContain("127.0.0.1:9090:9090");
  });
});
