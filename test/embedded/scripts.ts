import type { Step } from "./transcript.js";

const CONNECT = 'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n';
const VERBOSE = 'CONNECT {"verbose":true,"pedantic":true,"headers":true,"no_responders":true}\r\n';
/** As clients of today say it. */
const CLIENT =
  'CONNECT {"verbose":false,"pedantic":false,"protocol":1,"headers":true,"no_responders":true,"lang":"x","version":"1"}\r\n';
const ECHOLESS = 'CONNECT {"verbose":false,"echo":false,"headers":true,"no_responders":true}\r\n';
const HEADER = "NATS/1.0\r\nA: b\r\n\r\n";

/** What a single connection says behind its CONNECT, by what it is about. */
const AFTER_CONNECT: Readonly<Record<string, readonly string[]>> = {
  "signs of life": [
    "PING\r\n",
    "PONG\r\nPONG\r\n",
    "ping\n",
    "PING foo\r\n",
    "pInG\r\n",
    "PINGPING\r\n",
    "PONGO\r\n",
  ],
  "unknown verbs": [
    ...[
      "FOO\r\n",
      "X",
      "\r\n",
      "\0\0\r\n",
      "P\r\n",
      "PO\r\n",
      "SU a\r\n",
      "PUBa 1\r\n",
      "SUBx 1\r\n",
      "UNSUBx\r\n",
    ],
    ...["MSG a 1 1\r\nx\r\n", "RS+ a b\r\n", "A+ x\r\n", "GET / HTTP/1.1\r\n\r\n", "PING\r\n\r\nPING\r\n"],
    ...[
      "INFO {}\r\n",
      "+OK\r\n",
      "-ERR 'x'\r\n",
      "CONNECTX\r\n",
      "PUB\r\n",
      "HPUB\r\n",
      "SUB\r\n",
      "UNSUB\r\n",
    ],
  ],
  blanks: [
    "SUB a 1\r\nPUB a 2\r\nhi\r\n",
    "sub  a\t 1 \r\npub   a \t 2\r\nhi\r\n",
    "SUB a 1\nPUB a 2\nhi\r\nUNSUB 1\nPUB a 2\r\nhi\r\n",
    "SUB a 1\nPUB a 2\nhi\n",
    "SUB\ta\t1\r\nPUB\ta\t0\r\n\r\n",
    "unsub   1  \r\n",
  ],
  sizes: [
    "SUB a 1\r\nPUB a 0\r\n\r\n",
    "PUB a 012\r\n012345678901\r\n",
    "SUB a 1\r\nPUB a 2\r\nhiXX\r\n",
    "SUB a 1\r\nPUB a 2\r\nhi\rXPING\r\n",
    ...[
      "PUB a\r\n",
      "PUB a b c 3\r\nabc\r\n",
      "PUB a x\r\n",
      "PUB a -1\r\n",
      "PUB a 1.5\r\n",
      "PUB a 0x1\r\n",
    ],
    ...["PUB a 99999999999999999999\r\n", "PUB a 1073741824\r\n", "PUB a 999999999\r\n", "PUB a 1048577\r\n"],
    `SUB a 1\r\nPUB a 1048576\r\n${"x".repeat(1048576)}\r\n`,
    `SUB a 1\r\nPUB a 70000\r\n${"x".repeat(70_000)}\r\n`,
  ],
  subjects: [
    "SUB a..b 1\r\n",
    "SUB .a 1\r\nSUB a. 1\r\nSUB .. 1\r\nSUB . 1\r\n",
    "SUB a.>.b 1\r\nSUB >.a 1\r\n",
    "SUB a* 1\r\nSUB a> 2\r\nPUB a* 1\r\nx\r\nPUB a> 1\r\nx\r\n",
    "SUB foo.* 1\r\nPUB foo.* 1\r\nx\r\nPUB foo. 1\r\nx\r\nPUB foo..a 1\r\nx\r\nPUB foo.> 1\r\nx\r\n",
    "PUB . 1\r\nx\r\nPUB a.*b 1\r\nx\r\nPUB > 1\r\nx\r\n",
    "PUB a b.* 1\r\nx\r\nPUB a > 1\r\nx\r\n",
    "SUB aé 1\r\nPUB aé 1\r\nx\r\n",
    "SUB 漢.* 1\r\nPUB 漢.字 ré 2\r\né\r\n",
    "SUB a\0b 1\r\nPUB a\0b 1\r\nx\r\n",
    // One group at a time: in what order a server serves several of one client is its own affair.
    "SUB a q* 1\r\nPUB a 1\r\nx\r\n",
    "SUB a q.> 2\r\nPUB a 1\r\nx\r\n",
    `SUB ${"a.".repeat(600)}b 1\r\nPUB ${"a.".repeat(600)}b 1\r\nx\r\n`,
  ],
  wildcards: [
    "SUB a.* 1\r\nPUB a.b 1\r\nx\r\nPUB a 1\r\ny\r\nPUB a.b.c 1\r\nz\r\n",
    "SUB a.> 1\r\nPUB a.b 1\r\nx\r\nPUB a 1\r\ny\r\nPUB a.b.c 1\r\nz\r\n",
    "SUB *.b 1\r\nPUB a.b 1\r\nx\r\nPUB b 1\r\ny\r\nPUB c.b 1\r\nz\r\n",
    "SUB * 1\r\nPUB a 1\r\nx\r\nPUB a.b 1\r\ny\r\n",
    "SUB > 1\r\nPUB a 1\r\nx\r\nPUB a.b 1\r\ny\r\nPUB $SYS.foo 0\r\n\r\n",
    "SUB *.*.c 1\r\nPUB a.b.c 1\r\nx\r\nPUB a.b.d 1\r\ny\r\n",
    "SUB *.> 1\r\nPUB a 1\r\nx\r\nPUB a.b 1\r\ny\r\nPUB a.b.c 1\r\nz\r\n",
  ],
  subscriptions: [
    "SUB a 1\r\nSUB b 1\r\nPUB a 1\r\nx\r\nPUB b 1\r\ny\r\n",
    "SUB a one\r\nPUB a 1\r\nx\r\nUNSUB one\r\nPUB a 1\r\ny\r\n",
    "SUB a 1\r\nUNSUB 1\r\nPUB a 1\r\nx\r\n",
    ...["SUB a\r\n", "SUB a b c d\r\n", "UNSUB 1 2 3\r\n", "UNSUB 99\r\n"],
    "SUB a 1\r\nUNSUB 1 x\r\nPUB a 1\r\nx\r\n",
    "SUB a 1\r\nUNSUB 1 0\r\nPUB a 1\r\nx\r\n",
    "SUB a 1\r\nUNSUB 1 -5\r\nPUB a 1\r\nx\r\n",
    "SUB a 1\r\nUNSUB 1 2\r\nPUB a 1\r\nx\r\nPUB a 1\r\ny\r\nPUB a 1\r\nz\r\n",
    "SUB a 1\r\nPUB a 1\r\nx\r\nPUB a 1\r\ny\r\nUNSUB 1 2\r\nPUB a 1\r\nz\r\n",
    "SUB a 1\r\nUNSUB 1 1\r\nPUB a 1\r\nx\r\nSUB a 1\r\nPUB a 1\r\ny\r\nPUB a 1\r\nz\r\n",
    "SUB a 1\r\nUNSUB 1 1\r\nUNSUB 1 2\r\nPUB a 1\r\nx\r\nPUB a 1\r\ny\r\nPUB a 1\r\nz\r\n",
    "SUB a q 1\r\nSUB a q 2\r\nUNSUB 2\r\nPUB a 1\r\nx\r\nPUB a r 1\r\ny\r\n",
  ],
  headers: [
    `SUB a 1\r\nHPUB a ${HEADER.length} ${HEADER.length + 2}\r\n${HEADER}hi\r\n`,
    `SUB a 1\r\nHPUB a r ${HEADER.length} ${HEADER.length}\r\n${HEADER}\r\n`,
    "SUB a 1\r\nhpub a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n",
    "SUB a 1\r\nHPUB a 0 2\r\nhi\r\n",
    "SUB a 1\r\nHPUB a 4 6\r\nXXXXhi\r\n",
    ...["HPUB a 14 12\r\n", "HPUB a 12\r\n", "HPUB a x 12\r\n", "HPUB a -1 12\r\n", "HPUB a b c 12 12\r\n"],
    "HPUB a 12 1048577\r\n",
  ],
  "requests without responders": [
    "PUB nobody reply 1\r\nx\r\n",
    "SUB reply 1\r\nPUB nobody reply 1\r\nx\r\n",
    "SUB reply 1\r\nSUB nobody 2\r\nPUB nobody reply 1\r\nx\r\n",
    "SUB reply q 1\r\nPUB nobody reply 1\r\nx\r\n",
    "SUB r 1\r\nUNSUB 1 1\r\nPUB nobody r 1\r\nx\r\nPUB r 1\r\nA\r\nPUB r 1\r\nB\r\n",
    "SUB r 1\r\nPUB $JS.API.INFO r 0\r\n\r\n",
    "SUB r 1\r\nPUB $JS.API.STREAM.NAMES r 2\r\n{}\r\n",
  ],
  "control lines": [
    `SUB ${"a".repeat(4093)} 1\r\n`,
    `SUB ${"a".repeat(4094)} 1\r\n`,
    `SUB ${"a".repeat(4095)} 1\r\n`,
    `SUB ${"a".repeat(5000)}`,
    `PUB ${"a".repeat(4090)} 1\r\nx\r\n`,
    `PUB ${"a".repeat(4200)} 1\r\nx\r\n`,
    `HPUB ${"a".repeat(4200)} 12 12\r\n`,
    `UNSUB ${"1".repeat(5000)}\r\n`,
  ],
};

/** What a connection says from its first byte on. */
const FROM_THE_START: readonly string[] = [
  "PING\r\n",
  "SUB a 1\r\nPUB a 1\r\nx\r\n",
  "HPUB a 12 12\r\nNATS/1.0\r\n\r\n\r\n",
  "CONNECT {}\r\n",
  "CONNECT\r\n",
  "CONNECT{}\r\n",
  "connect   {}  \r\n",
  "CONNECT {}\n",
  "CONNECT []\r\n",
  "CONNECT null\r\n",
  'CONNECT "x"\r\n',
  'CONNECT {"verbose":\r\n',
  'CONNECT {"verbose":"yes"}\r\n',
  'CONNECT {"verbose":null}\r\n',
  'CONNECT {"user":1}\r\n',
  'CONNECT {"protocol":"1"}\r\n',
  'CONNECT {"protocol":1.5}\r\n',
  'CONNECT {"protocol":7}\r\n',
  'CONNECT {"protocol":-1}\r\n',
  'CONNECT {"VERBOSE":false}\r\n',
  'CONNECT {"user":"a","pass":"b","x":{"y":1}}\r\n',
  'CONNECT {"no_responders":true}\r\n',
  'CONNECT {"headers":false}\r\nHPUB a 12 12\r\nNATS/1.0\r\n\r\n\r\n',
  "CONNECT {}\r\nHPUB a 12 12\r\nNATS/1.0\r\n\r\n\r\n",
  'CONNECT {"verbose":true}\r\nCONNECT {"verbose":true}\r\n',
  'CONNECT {"verbose":false}\r\nCONNECT {"verbose":true}\r\nSUB a 1\r\n',
  'CONNECT {"verbose":true,"pedantic":false}\r\nPUB a 1\r\nx\r\nPUB a b 1\r\nx\r\nSUB a 1\r\nUNSUB 1\r\nPONG\r\n',
  'CONNECT {"echo":false}\r\nSUB a 1\r\nPUB a 1\r\nx\r\n',
  'CONNECT {"echo":false,"protocol":0}\r\n',
  `${ECHOLESS}SUB r 2\r\nSUB a 1\r\nPUB a r 1\r\nx\r\n`,
  `CONNECT {"name":"${"n".repeat(3000)}"}\r\n`,
  `CONNECT {"name":"${"n".repeat(5000)}"}\r\n`,
  ...[CONNECT, VERBOSE, CLIENT],
  ...["a.*", "a..b", "a", ".", ">"].map(
    (subject) => `${VERBOSE}PUB ${subject} 1\r\nx\r\nSUB ${subject} 1\r\n`,
  ),
  `${VERBOSE}SUB a 1\r\nSUB a 1\r\nUNSUB 77\r\nUNSUB 1\r\n`,
  `${CLIENT}PUB foo.* 1\r\nx\r\nPUB a..b 1\r\nx\r\nSUB a..b 1\r\n`,
  `${CLIENT}SUB a 1\r\nPUB a 1\r\nx\r\n`,
];

/** Several connections, or reads that come in pieces. */
const IN_STEPS: Readonly<Record<string, readonly Step[]>> = {
  "a frame in pieces": [["a", `${CONNECT}SU`, "B a 1\r", "\nPU", "B a 2\r\nh", "i\r", "\nPI", "NG\r\n"]],
  "a frame byte by byte": [["a", ...`${CONNECT}SUB a 1\r\nPUB a r 5\r\nhello\r\nUNSUB 1\r\n`]],
  "an unknown verb in pieces": [["a", CONNECT, "P", "O", "X"]],
  "another connection": [
    ["a", `${CONNECT}SUB a.* 1\r\n`],
    ["b", `${CONNECT}PUB a.b r 2\r\nhi\r\n`],
  ],
  "a request and its answer": [
    ["service", `${CLIENT}SUB svc q 1\r\n`],
    ["a", `${CLIENT}SUB _INBOX.1 1\r\nPUB svc _INBOX.1 2\r\nhi\r\n`],
    ["service", "PUB _INBOX.1 5\r\nhello\r\n"],
  ],
  "a reply that others wait for": [
    ["other", `${CLIENT}SUB reply 1\r\n`],
    ["a", `${CLIENT}PUB nobody reply 2\r\nhi\r\n`],
  ],
  "headers for one that takes none": [
    ["old", 'CONNECT {"verbose":false}\r\nSUB a 1\r\n'],
    ["a", `${CONNECT}HPUB a r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n`],
  ],
  "an echo that is not wanted, beside one that is": [
    ["a", `${ECHOLESS}SUB a 1\r\n`],
    ["b", `${CONNECT}SUB a 1\r\n`],
    ["a", "PUB a 1\r\nx\r\n"],
    ["b", "PUB a 1\r\ny\r\n"],
  ],
  "a queue group whose other member does not hear itself": [
    ["a", `${ECHOLESS}SUB a q 1\r\n`],
    ["b", `${CONNECT}SUB a q 1\r\n`],
    ["a", "PUB a 1\r\nx\r\nPUB a 1\r\ny\r\n"],
  ],
  "a queue group beside a plain subscription": [
    ["a", `${CONNECT}SUB a q 1\r\n`],
    ["b", `${CONNECT}SUB a.> 1\r\nSUB a 2\r\n`],
    ["c", `${CONNECT}PUB a 1\r\nx\r\n`],
  ],
  "a subscriber that has gone": [
    ["a", `${CONNECT}SUB a 1\r\nFOO\r\n`],
    ["b", `${CONNECT}SUB r 1\r\nPUB a r 1\r\nx\r\n`],
  ],
};

const one = (text: string): readonly Step[] => [["a", text]];

/** Scripts for a server of no particular configuration, by name. */
export const PLAIN: Readonly<Record<string, readonly Step[]>> = {
  ...Object.fromEntries(FROM_THE_START.map((text) => [shown(text), one(text)])),
  ...Object.fromEntries(
    Object.entries(AFTER_CONNECT).flatMap(([about, texts]) =>
      texts.map((text) => [`${about}: ${shown(text)}`, one(CONNECT + text)]),
    ),
  ),
  ...IN_STEPS,
};

const LOGIN = '"user":"u","pass":"p"';

/** For a server that takes user `u` with password `p`. */
export const WITH_USER: Readonly<Record<string, readonly Step[]>> = scripts([
  ...["PING\r\n", "SUB a 1\r\n", "FOO\r\n", "CONNECT {}\r\n", "CX\r\n"],
  'CONNECT {"user":"u","pass":"wrong"}\r\n',
  'CONNECT {"user":"u"}\r\n',
  'CONNECT {"auth_token":"p"}\r\n',
  'CONNECT {"verbose":true,"user":"u","pass":"wrong"}\r\n',
  `CONNECT {${LOGIN},"verbose":true}\r\n`,
  `CONNECT {${LOGIN}}\r\nCONNECT {"user":"u","pass":"wrong"}\r\n`,
]);

/** For a server that takes the token `t`. */
export const WITH_TOKEN: Readonly<Record<string, readonly Step[]>> = scripts([
  'CONNECT {"auth_token":"t"}\r\n',
  'CONNECT {"auth_token":"x"}\r\n',
  'CONNECT {"user":"t"}\r\n',
  "PING\r\n",
]);

/** For `max_payload` 100, `max_control_line` 64, `max_subscriptions` 2. */
export const WITH_LIMITS: Readonly<Record<string, readonly Step[]>> = scripts([
  'CONNECT {"verbose":false}\r\nPUB a 101\r\n',
  `CONNECT {}\r\nPUB a 100\r\n${"x".repeat(100)}\r\n`,
  'CONNECT {"headers":true}\r\nHPUB a 90 101\r\n',
  "SUB a 1\r\nSUB a 2\r\nSUB a 3\r\nUNSUB 1\r\nSUB a 4\r\n",
  "SUB a 1\r\nSUB a 2\r\nSUB a 2\r\n",
  `PUB ${"a".repeat(80)} 1\r\n`,
  `SUB a 1\r\nPUB ${"a".repeat(80)}\r\n`,
]);

/** For user `u` who may not publish `x.>`, nor subscribe `y.*` and `z`. */
export const WITH_DENIES: Readonly<Record<string, readonly Step[]>> = scripts(
  [
    "PUB x.a 1\r\n1\r\nPUB x 1\r\n1\r\nPUB x.a r 1\r\n1\r\n",
    "SUB y.1 1\r\nSUB y.* 2\r\nSUB y.a q 4\r\nSUB z 5\r\nSUB y 6\r\n",
    "SUB > 3\r\nPUB z 1\r\nA\r\nPUB y.k 1\r\nA\r\nPUB y.k.l 1\r\nA\r\n",
    "SUB *.k 3\r\nPUB y.k 1\r\nA\r\nPUB w.k 1\r\nA\r\n",
    "SUB a 1\r\nPUB a x.r 1\r\n1\r\n",
    "SUB x.r 1\r\nPUB none x.r 1\r\n1\r\n",
    "SUB y.> 1\r\nPUB y.a 1\r\nx\r\nPUB y.a.b 1\r\nx\r\n",
  ].map((text) => `CONNECT {${LOGIN},"verbose":true,"headers":true,"no_responders":true}\r\n${text}`),
);

/** For user `u` who may publish only `a.*` and `b`, and subscribe only `a.>` (not `a.secret`) and `c.*`. */
export const WITH_ALLOWS: Readonly<Record<string, readonly Step[]>> = scripts(
  [
    "PUB a.x 0\r\n\r\nPUB b 0\r\n\r\nPUB a.x.y 0\r\n\r\nPUB c 0\r\n\r\n",
    "SUB a.x 1\r\nSUB a.* 2\r\nSUB a.> 3\r\nSUB a 4\r\nSUB b 5\r\nSUB > 6\r\nSUB *.x 7\r\nSUB a.secret 8\r\n",
    "SUB c.x 1\r\nSUB c.> 2\r\nSUB c.* 3\r\nSUB c 4\r\nPUB c.x 0\r\n\r\n",
    "SUB a.* 1\r\nPUB a.open 1\r\nx\r\nPUB a.secret 1\r\ny\r\n",
  ].map((text) => `CONNECT {${LOGIN},"verbose":true}\r\n${text}`),
);

/** For a server without headers. */
export const WITHOUT_HEADERS: Readonly<Record<string, readonly Step[]>> = scripts([
  'CONNECT {"headers":true}\r\nHPUB a 12 12\r\nNATS/1.0\r\n\r\n\r\n',
  'CONNECT {"headers":true,"no_responders":true}\r\n',
  "CONNECT {}\r\nSUB a 1\r\nPUB a 1\r\nx\r\n",
]);

function scripts(texts: readonly string[]): Readonly<Record<string, readonly Step[]>> {
  return Object.fromEntries(texts.map((text) => [shown(text), one(text)]));
}

function shown(text: string): string {
  const quoted = JSON.stringify(text);
  return quoted.length > 90 ? `${quoted.slice(0, 80)}… (${text.length} bytes)` : quoted;
}
