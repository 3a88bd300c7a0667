import { describe, expect, it } from "vitest";
import { serverError } from "../../src/core/server-errors.js";
import { CodedError } from "../../src/errors.js";
import { type ConnectionOptions, connect, type EventName, Events } from "../../src/index.js";
import { publicError } from "../../src/interop/errors.js";
import type { ConnectionView, Hello } from "../../src/observe/dashboard/protocol.js";
import { NatsServer, type NatsServerOptions } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { until } from "../support/until.js";
import { DashboardSite, type StreamReader } from "./support/dashboard-site.js";
import { FakeClock } from "./support/fake-clock.js";
import { CAUSE, FakeConnection, FakeSubscription } from "./support/fake-connection.js";

const SUBJECT = "orders.canary-subject.new";

/** Everything that the endpoints answer, and what a reader has got, with their headers. */
async function everything(site: DashboardSite, readers: readonly StreamReader[]): Promise<string> {
  const texts = readers.flatMap(({ raw, headers }) => [raw, JSON.stringify(headers)]);
  const paths = [
    ...site.route.paths,
    "/dashboard/history?connection=1",
    "/dashboard/history?process=2&connection=1",
  ];
  for (const path of paths.filter((one) => one !== "/dashboard/events")) {
    const { headers, body } = await site.ask(path);
    texts.push(JSON.stringify(headers), body.toString());
  }
  return texts.join("\n");
}

/** Events with a canary wherever something can come from elsewhere; what may be shown is not one. */
function tellAll(nc: FakeConnection): Set<EventName> {
  const told = new Set<EventName>();
  const emit: typeof nc.emit = (event, ...args) => {
    told.add(event);
    nc.emit(event, ...args);
  };
  const refusal = `Permissions Violation for Publish to "${SUBJECT}"`;
  const errors = [
    publicError(serverError(refusal)),
    publicError(serverError(`Permissions Violation for Subscription to "${SUBJECT}" using queue "canary"`)),
    publicError(serverError(`Permissions Violation for Publish with Reply of "${SUBJECT}"`)),
    publicError(serverError(`Anything about "${SUBJECT}"`)),
    publicError(new CodedError("TIMEOUT", `nothing on ${SUBJECT}`, { subject: SUBJECT })),
    publicError(
      new CodedError("CALLBACK_FAILED", `the callback of ${SUBJECT} failed: canary`, { subject: SUBJECT }),
    ),
    publicError(new CodedError("BEFORE_REPLAY_FAILED", "canary")),
    publicError(new CodedError("CONNECTION_REFUSED", "cannot dial nats://canary:canary@a:1")),
    new Error("canary"),
  ];
  const causes = [
    {
      ...CAUSE,
      code: "SERVER_ERROR" as const,
      message: `of "${SUBJECT}"`,
      evidence: [`the server sent -ERR '${refusal}'`],
    },
    { ...CAUSE, message: "cannot dial nats://canary@a:1", evidence: ["tried nats://canary:canary@a:1"] },
    { ...CAUSE, code: "CALLBACK_FAILED" as const, message: "canary" },
  ];
  emit("connect", { server: "a:1" });
  for (const cause of causes) {
    told.add("state").add("reconnect");
    nc.lose({ cause });
    emit("disconnect", errors[0], { server: "a:1", cause, unconfirmed: 1, abandoned: 1 });
    for (const error of errors) {
      emit("attemptFailed", error, { server: "a:1", attempt: 1, cause, abandoned: 0 });
      emit("reconnecting", { attempt: 2, server: "", delay: 5, error, cause, abandoned: 0 });
    }
    nc.find();
  }
  const subscription = new FakeSubscription(SUBJECT).sub;
  for (const error of errors) {
    emit("error", error);
    emit("standby", { server: "b:1", ready: false, error, cause: undefined });
    emit("failback", { server: "b:1", ready: false, error, cause: undefined });
  }
  emit("move", { from: "a:1", to: "a:1", reason: "failback", overlap: 1, twins: 0 });
  emit("partition", { duration: 1, previous: "a:1", server: "a:1", serverChanged: true });
  emit("update", { added: ["c:1"], deleted: [] });
  emit("lameDuck", { server: "a:1" });
  emit("overflow", { policy: "reject", messages: 1, bytes: 1, limit: 1, buffered: 1 });
  emit("buffer", { level: "high", messages: 1, bytes: 1, limit: 1, ratio: 1 });
  emit("slowConsumer", { subscription, pending: 1, dropped: 1 });
  emit("messageLost", [
    {
      subject: SUBJECT,
      data: new Uint8Array(),
      size: 1,
      age: 1,
      reason: "ttl",
      maybeDelivered: false,
    } as never,
  ]);
  emit("serverInfo", { ...nc.info!, nonce: "canary" });
  emit("close", errors[5], { cause: causes[2], dropped: 0, unconfirmed: 0 });
  return told;
}

describe("subjects, and what the application has thrown", () => {
  it("are in no output of any endpoint, whatever happens, also through another process", async () => {
    const nc = new FakeConnection();
    const clock = new FakeClock();
    await using far = await DashboardSite.start([nc.nc], { clock });
    await using near = await DashboardSite.start([new FakeConnection().nc], { peers: [far.url] });
    using early = await far.read();
    using relayed = await near.read("?process=2");
    await early.next("hello");
    await relayed.next("hello");
    expect([...tellAll(nc)].sort()).toEqual(Object.values(Events).sort());
    clock.pass(1_000);
    for (const reader of [early, relayed]) {
      await reader.next("sample");
      expect(reader.of("log").length).toBeGreaterThan(20);
    }
    using late = await far.read();
    const [view] = (await late.next<Hello>("hello")).connections;
    expect(view.log.length).toBeGreaterThan(20);
    expect(view.outages).toHaveLength(3);
    const all = (await everything(far, [early, late])) + (await everything(near, [relayed]));
    expect(all).not.toMatch(/canary/i);
    expect(all).toContain("{subject}");
  });

  it("are shown where that is allowed, and credentials are not", async () => {
    const nc = new FakeConnection();
    const clock = new FakeClock();
    await using site = await DashboardSite.start([nc.nc], { clock, subjects: true });
    tellAll(nc);
    using reader = await site.read();
    const [view] = (await reader.next<Hello>("hello")).connections;
    const details = view.log.map(({ detail }) => detail);
    expect(details).toContain(`Permissions Violation for Publish to "${SUBJECT}"`);
    expect(details).toContain(SUBJECT);
    expect(view.log.map(({ text }) => text)).toContain("CONNECTION_REFUSED: cannot dial ***@a:1");
    expect(reader.raw).not.toMatch(/nats:\/\/canary|:canary@/);
  });
});

describe("secrets of a connection", () => {
  const SECRETS = ["canary-user", "canary-pass", "canary-token"];
  const [user, pass, token] = SECRETS;

  it.each<[string, NatsServerOptions, (hostport: string) => ConnectionOptions]>([
    ["user and password", { user, pass }, (servers) => ({ servers, user, pass })],
    [
      "user and password in the URL",
      { user, pass },
      (host) => ({ servers: `nats://${user}:${pass}@${host}` }),
    ],
    ["a token", { token }, (servers) => ({ servers, token })],
    ["a token in the URL", { token }, (host) => ({ servers: `nats://${token}@${host}` })],
  ])("%s are in no output of any endpoint, through an outage and a refusal", async (_, options, given) => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start(options));
    const eager = { reconnectTimeWait: 5, reconnectJitter: 0, closeTimeout: 100, ignoreAuthErrorAbort: true };
    const nc = cleanup.use(await connect({ ...given(server.hostport), ...eager }));
    const site = cleanup.use(await DashboardSite.start([nc], { subjects: true }));
    using reader = await site.read();
    await reader.next("hello");
    await server.kill();
    await reader.next<ConnectionView>("connection", ({ attempts }) => attempts > 1);
    await server.restart();
    await reader.next<ConnectionView>("connection", ({ reconnects }) => reconnects === 1);
    await server.reload({ user: "other", pass: "other", token: undefined });
    await reader.next<ConnectionView>("connection", ({ log }) =>
      log.some(({ event, text }) => event === "attemptFailed" && /AUTHORIZATION/.test(text)),
    );
    await until(() => reader.of("sample").length > 1, "samples");
    const all = await everything(site, [reader]);
    for (const secret of SECRETS) expect(all).not.toContain(secret);
    expect(all).toContain("AUTHORIZATION_VIOLATION");
  });
});
