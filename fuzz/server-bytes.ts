import fc from "fast-check";

/** Pieces of the protocol, for texts that are put together of anything. */
export const WORDS = [
  "MSG ",
  "HMSG ",
  "INFO ",
  "PING",
  "PONG",
  "+OK",
  "-ERR ",
  "\r\n",
  "\r",
  "\n",
  " ",
  "\t",
  "a",
  "a.b",
  "1",
  "3",
  "abc",
  "'",
  "{",
  "}",
  "NATS/1.0",
  "NATS/1.0 503\r\n\r\n",
  "\0",
  "\xff",
];

const token = fc.string({
  unit: fc.constantFrom("a", "B", "7", "$", "*", ">", "_", ".", "\xc3\xa9", "\0"),
  minLength: 1,
  maxLength: 8,
});
const sid = fc.oneof(
  fc.integer({ min: 0, max: 5 }).map(String),
  fc.constantFrom("999999999", "1000000000", "007", "999999999999999", "9999999999999999"),
);
const content = fc.oneof(
  fc.constantFrom(
    "",
    "\r\n",
    "\r",
    "\n",
    "MSG a 1 3\r\nabc\r\n",
    "PING\r\n",
    "x".repeat(99),
    "x".repeat(100),
  ),
  fc.string({ unit: fc.constantFrom("\r", "\n", "M", "S", "G", " ", "1", "\0", "\xff"), maxLength: 40 }),
);
const blank = fc.oneof(
  { weight: 9, arbitrary: fc.constant(" ") },
  { weight: 1, arbitrary: fc.constantFrom("\t", "  ", " \t ") },
);

/** A message with a size that is right, or off. */
const message = fc
  .record({
    subject: token,
    sid,
    reply: fc.option(token, { nil: undefined }),
    headers: fc.option(fc.constantFrom("", "NATS/1.0\r\nA: b\r\n\r\n", "NATS/1.0 503\r\n\r\n", "\r\n"), {
      nil: undefined,
    }),
    content,
    blank,
    off: fc.oneof(
      { weight: 12, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: -3, max: 3 }) },
    ),
  })
  .map(({ subject, sid, reply, headers, content, blank, off }) => {
    const total = Math.max(0, (headers ?? "").length + content.length + off);
    const words = [headers === undefined ? "MSG" : "HMSG", subject, sid];
    if (reply !== undefined) words.push(reply);
    if (headers !== undefined) words.push(String(headers.length));
    return `${[...words, total].join(blank)}\r\n${headers ?? ""}${content}\r\n`;
  });

const line = fc.constantFrom(
  "PING\r\n",
  "PONG\r\n",
  "+OK\r\n",
  "PING \t\r\n",
  "INFO {}\r\n",
  'INFO {"server_id":"S","max_payload":1048576,"headers":true}\r\n',
  'INFO {"connect_urls":["b:4222","[::1]:4223"],"ldm":true}\r\n',
  "-ERR 'Stale Connection'\r\n",
  "-ERR 'Permissions Violation for Publish to \"a\"'\r\n",
  '-ERR \'Permissions Violation for Subscription to "a" using queue "q"\'\r\n',
  "-ERR 'Maximum Payload Violation'\r\n",
  "-ERR ''\r\n",
  "-ERR\r\n",
);

/** A stream of frames as a server sends them, nearly all of them right. */
export const serverFrames: fc.Arbitrary<string> = fc
  .array(fc.oneof(message, line), { maxLength: 10 })
  .map((frames) => frames.join(""));

/** A line about as long as lines may be. */
export const longLines: fc.Arbitrary<string> = fc
  .record({
    start: fc.constantFrom("MSG ", "PING ", "-ERR ", "INFO ", "X"),
    length: fc.oneof(fc.integer({ min: 16_370, max: 16_400 }), fc.nat(20_000)),
    end: fc.constantFrom("", "\r", "\n", "\r\n", " 1 0\r\n\r\n", "\r\nPING\r\n"),
  })
  .map(({ start, length, end }) => `${start}${"a".repeat(length)}${end}`);
