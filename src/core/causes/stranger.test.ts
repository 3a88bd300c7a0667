import { expect, it } from "vitest";
import { strangerOf } from "./stranger.js";

it.each<[string, string | undefined]>([
  ["HTTP/1.1 400 Bad Request\r\n\r\n", "an HTTP server"],
  ["<html><body>502</body></html>", "an HTTP server"],
  ["SSH-2.0-OpenSSH_9.6\r\n", "an SSH server"],
  ["220 mail.example.com ESMTP\r\n", "a mail or FTP server"],
  ["* OK IMAP4 ready\r\n", "a mail server"],
  ["\x15\x03\x01\0\x02\x02\x28", "TLS, where plain text was expected"],
  ["\x4a\0\0\0\n8.0.36\0", "a MySQL server"],
  ["AMQP\0\0\x09\x01", "an AMQP broker"],
  ["RFB 003.008\n", "a VNC server"],
  ["INFO {}\r\n", undefined],
  ["\x15", undefined],
  ["what is this?", undefined],
  ["", undefined],
])("%j is known for what it is: %s", (first, expected) => {
  expect(strangerOf(Buffer.from(first, "latin1"))).toBe(expected);
  const long = Buffer.concat([Buffer.from(first, "latin1"), Buffer.alloc(1_000_000, "x")]);
  expect(() => strangerOf(long)).not.toThrow();
});
