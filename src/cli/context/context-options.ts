import { homedir } from "node:os";
import {
  type ConnectionOptions,
  credsFileAuthenticator,
  jwtAuthenticator,
  lint,
  nkeyAuthenticator,
  type TlsOptions,
} from "../../index.js";
import type { Chosen } from "../connection-options.js";
import { WrongUse } from "../outbox/ended.js";
import { printable } from "../outbox/inspect.js";
import { isContents } from "../safe.js";
import { listed } from "../values.js";
import type { Context } from "./read-context.js";
import { readSmall } from "./read-small.js";

/** Fields that say nothing about a connection. */
const ASIDE = new Set(["name", "description", "color_scheme", "jetstream_event_prefix"]);
/** Fields that are understood. */
const KNOWN = new Set([
  "url",
  "user",
  "password",
  "token",
  "creds",
  "nkey",
  "user_jwt",
  "user_seed",
  "cert",
  "key",
  "ca",
  "tls_first",
  "inbox_prefix",
  "jetstream_domain",
  "jetstream_api_prefix",
  "nsc",
  "socks_proxy",
  "windows_cert_store",
  "windows_cert_match_by",
  "windows_cert_match",
  "windows_ca_certs_match",
]);
/** Ways to say who we are, in the order in which the `nats` command takes the first. */
const WHO = ["user", "creds", "nkey", "user_jwt", "token"] as const;

/**
 * What `connect()` needs to go where a context leads, as the `nats` command would go.
 *
 * @throws WrongUse for a field that cannot be followed: a connection without it would go elsewhere, or as somebody else
 */
export function contextOptions(
  context: Context,
  variables: NodeJS.ProcessEnv,
): Pick<Chosen, "options" | "jetstream" | "warnings"> {
  const fields = new Fields(context, variables);
  refuseUnsupported(fields);
  const warnings = unknownFields(context);
  const servers = listed(fields.text("url"));
  const domain = fields.text("jetstream_domain");
  const apiPrefix = fields.text("jetstream_api_prefix");
  const inboxPrefix = fields.text("inbox_prefix");
  const options: ConnectionOptions = {
    ...(servers.length > 0 && { servers }),
    ...whoWeAre(fields, warnings),
    ...tlsOf(fields),
    ...(inboxPrefix !== "" && { inboxPrefix }),
  };
  const jetstream = { ...(domain !== "" && { domain }), ...(apiPrefix !== "" && { apiPrefix }) };
  return { options, jetstream, warnings };
}

/** Fields that options are made of, by the option that `connect()` would name. */
const FIELDS: Readonly<Record<string, string>> = {
  servers: "url",
  user: "user",
  pass: "password",
  token: "token",
  "tls.caFile": "ca",
  "tls.certFile": "cert",
  "tls.keyFile": "key",
  inboxPrefix: "inbox_prefix",
};

/**
 * Refuses what `connect()` would refuse of the options of a context, by the name of the field: nobody has given these options by hand. A file that
 * cannot be read is such a thing.
 *
 * @throws WrongUse
 */
export function checkFields(
  context: Context,
  options: ConnectionOptions,
  variables: NodeJS.ProcessEnv,
): void {
  const refused = lint(options).find(({ rule }) => rule === "invalid-option");
  if (refused === undefined) return;
  const { option = "", message } = refused;
  const fields = new Fields(context, variables);
  const who = WHO.find((field) => fields.isSet(field));
  const field = option === "authenticator" ? who : FIELDS[option];
  if (field !== undefined) throw fields.refused(field, option, message);
}

/** Fields of a context, by their type. */
class Fields {
  readonly #context: Context;
  readonly #variables: NodeJS.ProcessEnv;

  constructor(context: Context, variables: NodeJS.ProcessEnv) {
    this.#context = context;
    this.#variables = variables;
  }

  /** Empty when it is not set. */
  text(field: string): string {
    const value = this.#context.fields[field] ?? "";
    if (typeof value !== "string") throw this.wrong(field, "must be text");
    return value.trim();
  }

  flag(field: string): boolean {
    const value = this.#context.fields[field] ?? false;
    if (typeof value !== "boolean") throw this.wrong(field, "must be true or false");
    return value;
  }

  isSet(field: string): boolean {
    const value = this.#context.fields[field];
    return value !== undefined && value !== null && value !== "" && value !== false && `${value}` !== "";
  }

  /** The path of a file, with `~` and variables in it replaced. */
  path(field: string): string {
    const path = this.text(field);
    if (/^(?:op|nsc|data):/.test(path)) {
      throw this.wrong(field, "must be the path of a file; other places are not supported");
    }
    if (isContents(path))
      throw this.wrong(field, "must be the path of a file, and this looks like what is in one");
    const home = this.#variables.HOME ?? homedir();
    return path
      .replace(/^~(?=$|[/\\])/, () => home)
      .replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced, bare) => this.#variables[braced ?? bare] ?? "");
  }

  wrong(field: string, why: string): WrongUse {
    return this.#wrongUse(`field "${field}" ${why}`);
  }

  /** @param message what `connect()` says of the option that was made of the field */
  refused(field: string, option: string, message: string): WrongUse {
    const named = `option "${option}"`;
    return this.#wrongUse(
      message.startsWith(named)
        ? `field "${field}"${message.slice(named.length)}`
        : `field "${field}": ${message}`,
    );
  }

  #wrongUse(what: string): WrongUse {
    const { name, file } = this.#context;
    return new WrongUse(`context ${name} (${printable(file)}): ${what}`);
  }
}

function refuseUnsupported(fields: Fields): void {
  // With both, the nats command does not ask nsc either.
  if (fields.isSet("nsc") && !(fields.isSet("creds") && fields.isSet("url"))) {
    throw fields.wrong(
      "nsc",
      'is not supported: save the credentials by "nsc generate creds" and name that file in field "creds", the server in "url"',
    );
  }
  if (fields.isSet("socks_proxy")) {
    throw fields.wrong("socks_proxy", "is not supported, and without the proxy it would be another way");
  }
  for (const field of ["windows_cert_store", "windows_cert_match", "windows_ca_certs_match"]) {
    if (fields.isSet(field)) {
      throw fields.wrong(
        field,
        'is not supported: export the certificates, and name the files in "cert", "key" and "ca"',
      );
    }
  }
}

function unknownFields({ name, fields }: Context): string[] {
  return Object.keys(fields)
    .filter((field) => !KNOWN.has(field) && !ASIDE.has(field))
    .slice(0, 10)
    .map((field) => `context ${name}: field "${printable(field)}" is unknown, and left out`);
}

function whoWeAre(fields: Fields, warnings: string[]): ConnectionOptions {
  const given = WHO.filter((field) => fields.isSet(field));
  const [taken, ...others] = given;
  if (others.length > 0) {
    warnings.push(
      `"${taken}" is taken of the context, and ${others.map((one) => `"${one}"`).join(", ")} left out`,
    );
  }
  switch (taken) {
    case "user":
      return { user: fields.text("user"), pass: fields.text("password") };
    case "creds":
      return { authenticator: credsFileAuthenticator(fields.path("creds")) };
    case "nkey":
      return { authenticator: nkeyAuthenticator(seedOf(fields)) };
    case "user_jwt": {
      const seed = fields.text("user_seed");
      const jwt = fields.text("user_jwt");
      return { authenticator: jwtAuthenticator(jwt, seed === "" ? undefined : Buffer.from(seed)) };
    }
    case "token":
      return { token: fields.text("token") };
    default:
      return {};
  }
}

/** The file may have text around the seed, as `nk` and `nsc` write it. */
function seedOf(fields: Fields): Buffer {
  const file = fields.path("nkey");
  let text: string;
  try {
    text = readSmall(file);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw fields.wrong("nkey", `names ${printable(file)}, which cannot be read: ${code ?? message}`);
  }
  const seed = /^\s*(S[A-Z2-7]{57})\s*$/m.exec(text)?.[1];
  if (seed === undefined) throw fields.wrong("nkey", `names ${printable(file)}, which has no seed`);
  return Buffer.from(seed);
}

function tlsOf(fields: Fields): { tls?: TlsOptions } {
  const caFile = fields.path("ca");
  const certFile = fields.path("cert");
  const keyFile = fields.path("key");
  if ((certFile === "") !== (keyFile === "")) {
    throw fields.wrong(certFile === "" ? "cert" : "key", 'is missing: "cert" and "key" belong together');
  }
  const tls: TlsOptions = {
    ...(caFile !== "" && { caFile }),
    ...(certFile !== "" && { certFile, keyFile }),
    ...(fields.flag("tls_first") && { handshakeFirst: true }),
  };
  return Object.keys(tls).length > 0 ? { tls } : {};
}
