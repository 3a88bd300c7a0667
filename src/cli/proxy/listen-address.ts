import { InvalidArgumentError } from "commander";

/** Where a proxy listens. */
export interface ListenAddress {
  host: string;
  /** Undefined: a free one. */
  port: number | undefined;
}

/** `4333`, `:4333`, `127.0.0.1:4333`, `[::1]:4333`, `localhost`. @throws InvalidArgumentError */
export function parseListen(text: string): ListenAddress {
  const found = /^(?:\[([0-9a-f:.%a-z]+)\]|([^:\s[\]/@]*))(?::(\d{1,5}))?$/i.exec(text.trim());
  if (found === null) throw wrong();
  const [, v6, name = "", digits] = found;
  // A number alone is a port.
  if (v6 === undefined && digits === undefined && /^\d+$/.test(name)) {
    return { host: "127.0.0.1", port: portOf(name) };
  }
  const host = v6 ?? name;
  if (host === "" && digits === undefined) throw wrong();
  return {
    host: host === "" ? "127.0.0.1" : host,
    port: digits === undefined ? undefined : portOf(digits),
  };
}

function portOf(digits: string): number {
  const port = Number(digits);
  if (port < 1 || port > 65_535) throw wrong();
  return port;
}

/** Whether only this machine can reach it. */
export function isLocal(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function wrong(): InvalidArgumentError {
  return new InvalidArgumentError("It must be a port, or host:port, such as 127.0.0.1:4333.");
}
