import { isWebSocket } from "../../core/address.js";
import { type Cause, causeOf, ownCause } from "../../core/cause.js";
import { strangerOf } from "../../core/causes/stranger.js";
import { CodedError } from "../../errors.js";
import { askAuthenticators, type ConnectCredentials } from "../../interop/auth.js";
import { publicError } from "../../interop/errors.js";
import type { Clock } from "../../io/clock.js";
import { socketError } from "../../io/socket.js";
import { certificateName } from "../../io/tls.js";
import { findAddresses, tcpFailure, tryEach } from "./addresses.js";
import { tlsFailure, whyOf } from "./certificates.js";
import * as say from "./details.js";
import { adviceOn, askJetStream } from "./jetstream.js";
import { thereAndBack } from "./payload.js";
import { ProbePeer } from "./peer.js";
import type { ProbeAuth, ProbeReport, ProbeStep, ProbeStepName, ProbeTls } from "./report.js";
import { measure } from "./round-trips.js";
import type { ProbeSettings } from "./settings.js";
import { count, harmless } from "./texts.js";
import { late, ProbeTime } from "./time.js";
import { toldError } from "./told-error.js";
import { toldInfo } from "./told-info.js";
import { adviceOnStranger, notNats, whoIsThere } from "./who-is-there.js";

/** What has come of a step; with an error it has failed, and the next ones are done all the same. */
interface Outcome {
  readonly detail: string;
  readonly error?: CodedError;
}

/** The steps of one probe, in their order, and what they find. */
export class ProbeSteps {
  private readonly settings: ProbeSettings;
  private readonly clock: Clock;
  private readonly time: ProbeTime;
  private readonly peer: ProbePeer;
  private readonly report: ProbeReport;
  /** Monotonic ms of the beginning, and of that of the step that is being done. */
  private readonly begun: number;
  private since: number;

  constructor(settings: ProbeSettings, clock: Clock) {
    const { address, timeout, deadline, signal } = settings;
    this.settings = settings;
    this.clock = clock;
    this.begun = clock.now();
    this.since = this.begun;
    this.time = new ProbeTime(clock, timeout, deadline, signal);
    this.peer = new ProbePeer(settings, this.time);
    const { listen: server, scheme } = address;
    this.report = { server, scheme, ok: true, at: Date.now(), ms: 0, steps: [] };
  }

  async run(): Promise<ProbeReport> {
    const { peer, report } = this;
    try {
      await this.all();
    } finally {
      const { info } = peer.link;
      if (report.info !== undefined && info !== undefined) report.info = toldInfo(info);
      peer.close();
    }
    report.ms = this.clock.now() - this.begun;
    return report;
  }

  private async all(): Promise<void> {
    const { peer, settings } = this;
    if (!(await this.step("dns", () => this.dns()))) return;
    if (!(await this.step("tcp", () => this.tcp()))) return;
    const tlsFirst = peer.tlsFirst || settings.address.scheme === "wss";
    if (tlsFirst && !(await this.step("tls", () => this.tls(true)))) return;
    if (!(await this.step("info", () => this.info()))) return;
    if (!tlsFirst && this.leadsToTls && !(await this.step("tls", () => this.tls(false)))) return;
    if (!(await this.step("auth", () => this.auth()))) return;
    if (settings.pings > 0 && !(await this.step("rtt", () => this.rtt()))) return;
    if (settings.payload !== undefined && !(await this.step("payload", () => this.payload()))) return;
    if (settings.jetstream !== undefined) await this.step("jetstream", () => this.jetstream());
  }

  /** Does one. @returns whether the next one can be done */
  private async step(name: ProbeStepName, work: () => Promise<Outcome>): Promise<boolean> {
    this.since = this.clock.now();
    try {
      const { detail, error } = await work();
      this.note(name, detail, error);
      // Where the link has ended meanwhile, the next step meets that, and tells it.
      return true;
    } catch (thrown) {
      const error = thrown instanceof CodedError ? thrown : socketError(publicError(thrown));
      this.note(name, say.failed(error), error);
      return false;
    }
  }

  private note(name: ProbeStepName, detail: string, error: CodedError | undefined): void {
    const { report } = this;
    const step: ProbeStep = { name, ok: error === undefined, ms: this.clock.now() - this.since, detail };
    if (error !== undefined) {
      step.error = toldError(error);
      report.ok = false;
      report.failed ??= name;
      report.cause ??= this.causeOf(name, error);
      if (this.time.aborted) report.aborted = true;
    }
    report.steps.push(step);
    try {
      this.settings.onStep?.(step);
    } catch {
      // What somebody makes of it is not our business.
    }
  }

  private causeOf(name: ProbeStepName, error: CodedError): Cause {
    if (this.time.aborted) return { ...ownCause("CLOSE"), message: "the application ended the probe" };
    const { facts, reached, link } = this.peer;
    // A link whose TLS or websocket comes first has not begun for the engine; here it is known how far it came.
    const stage = name === "tls" ? "securing" : facts.phase === "dialing" ? "info" : facts.phase;
    const phase = reached ? stage : facts.phase;
    const { stranger } = link;
    const cause = causeOf(error, { ...facts, phase, stranger });
    const advice = name === "jetstream" ? adviceOn(this.report.jetstream) : adviceOnStranger(stranger);
    const message = say.failed(error);
    return {
      ...cause,
      message,
      evidence: cause.evidence.map((fact) => harmless(fact)),
      advice: advice.length === 0 ? cause.advice : advice,
    };
  }

  private async dns(): Promise<Outcome> {
    const { hostname } = this.settings.address;
    const dns = await findAddresses(hostname, this.time, this.since);
    this.report.dns = dns;
    return { detail: say.dns(dns) };
  }

  /**
   * One address is dialled once and for all. Several are tried first, and left: a connection that waits for the slowest of them
   * may be closed by its server meanwhile.
   */
  private async tcp(): Promise<Outcome> {
    const { peer, report, settings, time, since } = this;
    const { addresses } = report.dns!;
    if (addresses.length > 1) {
      const { tried, errors } = await tryEach(report.dns!, settings.address.port, time, since);
      report.tcp = { addresses: tried };
      if (time.aborted && errors.length > 0) throw errors[0];
      const [fastest] = tried.filter(({ ok }) => ok).sort((a, b) => a.ms - b.ms);
      if (fastest === undefined) throw together(errors);
      report.tcp.used = fastest.address;
      peer.dial(fastest.address);
      return { detail: say.tcp(report.tcp) };
    }
    const [entry] = addresses;
    peer.dial(entry.address);
    try {
      const tooLate = late(`${settings.address.listen} could not be reached`);
      await peer.until(() => peer.reached || undefined, tooLate, since);
    } catch (error) {
      const ms = this.clock.now() - since;
      report.tcp = { addresses: [{ ...entry, ok: false, ms, ...tcpFailure(error as CodedError) }] };
      throw error;
    }
    const ms = this.clock.now() - since;
    report.tcp = { addresses: [{ ...entry, ok: true, ms }], used: entry.address };
    return { detail: say.tcp(report.tcp) };
  }

  /** TLS comes behind INFO, or would have to. */
  private get leadsToTls(): boolean {
    const { link, tls, ended } = this.peer;
    return (
      link.phase === "securing" ||
      tls !== undefined ||
      ended?.code === "TLS_UNAVAILABLE" ||
      ended?.code === "TLS_REQUIRED" ||
      this.peer.facts.phase === "securing"
    );
  }

  private async tls(first: boolean): Promise<Outcome> {
    const { peer, report, settings } = this;
    const { servername } = settings.connection.options.tls ?? {};
    const name = servername ?? certificateName(peer.link.server).host;
    const tls: ProbeTls = { first, ok: false, name, chain: [] };
    report.tls = tls;
    try {
      const tooLate = late(`${settings.address.listen} did not finish the TLS handshake`);
      const socket = await peer.until(() => peer.tls, tooLate, this.since);
      tls.ok = true;
      tls.authorized = socket.authorized;
      if (!socket.authorized) {
        // An error in its types, a code in fact.
        tls.code = String(socket.authorizationError);
        tls.why = whyOf(tls.code);
      }
    } catch (error) {
      Object.assign(tls, tlsFailure(error as CodedError));
      if (peer.shown !== undefined) tls.authorized = false;
      throw error;
    } finally {
      Object.assign(tls, peer.shown);
      this.noteClientCertificate();
    }
    return { detail: say.tls(tls) };
  }

  /** What INFO, or the failure, says of a certificate of ours. */
  private noteClientCertificate(): void {
    const { tls } = this.report;
    const { info } = this.peer.link;
    if (tls === undefined) return;
    // With TLS 1.2 a server that misses our certificate says no more than that the handshake has failed.
    if (info?.tls_verify === true && /HANDSHAKE_FAILURE/.test(tls.code ?? "")) tls.why = "client-certificate";
    if (tls.why === "client-certificate") tls.clientCertificate = true;
    else if (info !== undefined) tls.clientCertificate = info.tls_verify === true;
  }

  /** With TLS 1.3 a server refuses our certificate, or that there is none, when the handshake is over for us. */
  private refusedBehindTls(error: CodedError): void {
    const { tls } = this.report;
    if (tls?.ok !== true || error.code !== "TLS_FAILED") return;
    Object.assign(tls, tlsFailure(error), { ok: false });
    this.noteClientCertificate();
  }

  private async info(): Promise<Outcome> {
    const { peer, report } = this;
    const { listen } = this.settings.address;
    const tooLate = (ms: number) => {
      const { reached, received } = peer;
      if (!reached) return late(`${listen} could not be reached`)(ms);
      const what =
        received === 0
          ? "accepted the connection and sent no INFO"
          : `sent ${count(received, "byte")} and no whole INFO`;
      return late(`${listen} ${what}`)(ms);
    };
    try {
      report.info = toldInfo(await peer.until(() => peer.link.info, tooLate, this.since));
    } catch (error) {
      this.refusedBehindTls(error as CodedError);
      throw await this.named(error as CodedError);
    }
    this.noteClientCertificate();
    return { detail: say.info(report.info) };
  }

  /** Why there is no INFO, with what can be found out about who is there instead. */
  private async named(error: CodedError): Promise<CodedError> {
    const { peer, settings, report, time } = this;
    const { scheme, listen, port } = settings.address;
    const used = report.tcp?.used;
    if (isWebSocket(scheme) || peer.tlsFirst || used === undefined || time.aborted) return error;
    const silent = error.code === "TIMEOUT" || error.detail.closedByPeer === true;
    let stranger = strangerOf(peer.first);
    if (stranger === undefined && silent && peer.received === 0) {
      peer.close();
      stranger = await whoIsThere(used, port, time);
    }
    if (stranger === undefined) return error;
    peer.link.stranger = stranger;
    return notNats(listen, stranger);
  }

  private async auth(): Promise<Outcome> {
    const { peer, report, settings, since } = this;
    const { address, connection } = settings;
    const auth: ProbeAuth = { required: peer.link.info?.auth_required === true, given: [], accepted: false };
    report.auth = auth;
    const { user, pass, token } = address;
    const found: Promise<ConnectCredentials> =
      token !== undefined
        ? Promise.resolve({ auth_token: token })
        : user !== undefined
          ? Promise.resolve({ user, pass })
          : askAuthenticators(connection.authenticators, peer.asked?.nonce);
    let answered = false;
    const identify = (result: ConnectCredentials | Error) => {
      answered = true;
      if (!(result instanceof Error)) auth.given = fieldsOf(result);
      peer.identify(result);
    };
    found.then(identify, identify);
    const tooLate = (ms: number) => {
      const what = answered
        ? `${address.listen} did not answer CONNECT`
        : 'the authenticator did not answer (option "authenticator")';
      return late(what)(ms);
    };
    try {
      await peer.until(() => peer.accepted || undefined, tooLate, since);
    } catch (error) {
      const { serverText } = (error as CodedError).detail;
      if (serverText !== undefined) auth.refusal = harmless(serverText);
      this.refusedBehindTls(error as CodedError);
      throw error;
    }
    auth.accepted = true;
    return { detail: say.auth(auth) };
  }

  private async rtt(): Promise<Outcome> {
    const { peer, settings, time, since } = this;
    const { rtt, error } = await measure(peer, settings.pings, time, since);
    this.report.rtt = rtt;
    if (error !== undefined && (rtt.received === 0 || peer.ended !== undefined || time.aborted)) throw error;
    return { detail: say.rtt(rtt), error };
  }

  private async payload(): Promise<Outcome> {
    const { peer, report, settings, clock, time, since } = this;
    const size = settings.payload!;
    const maxPayload = peer.link.info!.max_payload;
    const payload = { size, maxPayload, fits: size <= maxPayload, published: false };
    report.payload = payload;
    if (!payload.fits) {
      const text = `a message of ${size} bytes is over the server's max_payload of ${maxPayload}`;
      return { detail: say.payload(payload), error: new CodedError("MAX_PAYLOAD_EXCEEDED", text) };
    }
    if (!settings.publish) return { detail: say.payload(payload) };
    try {
      const now = () => clock.now();
      const ms = await thereAndBack(peer, this.inbox("payload"), size, now, since);
      report.payload = { ...payload, published: true, ms };
    } catch (error) {
      if (peer.ended !== undefined || time.aborted) throw error;
      return { detail: say.failed(error as CodedError), error: error as CodedError };
    }
    return { detail: say.payload(report.payload) };
  }

  private async jetstream(): Promise<Outcome> {
    const { peer, report, settings, since } = this;
    const { found, error } = await askJetStream(peer, settings.jetstream!, this.inbox("jetstream"), since);
    report.jetstream = found;
    const isAnswer = found.why !== "timeout" && found.why !== "error";
    const counts = settings.jetstreamNeeded || !isAnswer;
    return { detail: say.jetstream(found), error: counts ? error : undefined };
  }

  /** An inbox of this probe, which nobody can guess. */
  private inbox(name: string): string {
    return `${this.settings.connection.engine.inbox}${name}`;
  }
}

/** Why none of several addresses was reached. */
function together(errors: readonly CodedError[]): CodedError {
  const [{ code, detail }] = errors;
  return new CodedError(code, [...new Set(errors.map(({ message }) => message))].join("; "), detail);
}

/** What CONNECT names, in the words of the options. */
function fieldsOf(credentials: ConnectCredentials): ProbeAuth["given"] {
  const names = { user: "user", pass: "pass", auth_token: "token", nkey: "nkey", jwt: "jwt" } as const;
  const given: ProbeAuth["given"] = [];
  for (const [field, name] of Object.entries(names)) {
    if (credentials[field as keyof typeof names] !== undefined) given.push(name);
  }
  return given;
}
