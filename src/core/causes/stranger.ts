/** What other programs say first, and what they are. */
const STRANGERS: readonly (readonly [RegExp, string])[] = [
  [/^(?:HTTP\/\d|<!doctype|<html|<\?xml)/i, "an HTTP server"],
  [/^SSH-\d/, "an SSH server"],
  // A TLS record: an alert, or a handshake.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the bytes that it begins with
  [/^[\x15\x16]\x03[\0-\x04]/, "TLS, where plain text was expected"],
  [/^220[ -]/, "a mail or FTP server"],
  [/^\* (?:OK|BYE|PREAUTH)/, "a mail server"],
  // A packet with the number 0 and the protocol's version 10.
  [/^...\0\n/s, "a MySQL server"],
  [/^AMQP/, "an AMQP broker"],
  [/^RFB \d/, "a VNC server"],
];

/** Longest beginning that is looked at, in bytes. */
const LOOKED_AT = 64;

/** What it is that has answered in the place of a NATS server, by its first bytes; undefined when that is not known. */
export function strangerOf(bytes: Buffer): string | undefined {
  const text = bytes.latin1Slice(0, Math.min(bytes.length, LOOKED_AT));
  return STRANGERS.find(([begins]) => begins.test(text))?.[1];
}
