import { nuid } from "@nats-io/nats-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalizeSubject } from "./normalize-subject.js";

const UUID = "550e8400-e29b-41d4-a716-446655440000";

describe("normalizeSubject", () => {
  it.each([
    ["orders.created", "orders.created"],
    ["orders.17.paid", "orders.{id}.paid"],
    [`orders.${UUID}.paid`, "orders.{uuid}.paid"],
    [`orders.${UUID.toUpperCase()}`, "orders.{uuid}"],
    [`order-${UUID}-x`, "order-{uuid}-x"],
    [`${UUID}0`, "{id}-e29b-41d4-a716-{id}"],
    ["user-42.eu-west-1", "user-{id}.eu-west-{id}"],
    ["user_42:7", "user_{id}:{id}"],
    ["user12345", "user{id}"],
    ["v1.sha256.k8s.x509.HTTP2.utf8", "v1.sha256.k8s.x509.HTTP2.utf8"],
    ["users.507f1f77bcf86cd799439011", "users.{id}"],
    ["git.DEADBEEF1", "git.{id}"],
    ["ulid.01ARZ3NDEKTSV4RRFFQ69G5FAV", "ulid.{id}"],
    ["ksuid.0ujtsYcgvSTl8PAuAdqWYSMnLOv", "ksuid.{id}"],
    ["cuid.cjld2cjxh0000qzrmn831i7rn", "cuid.{id}"],
    ["jobs.Tt0kRCTZYVpL6vcNIbRTWp.done", "jobs.{nuid}.done"],
    ["jobs.TtOkRCTZYVpLGvcNIbRTWp.done", "jobs.{nuid}.done"],
    ["OrderPaymentAuthorised.IPv4Changed", "OrderPaymentAuthorised.IPv4Changed"],
    ["internationalisations", "internationalisations"],
    ["stra\u00dfe.\u65e5\u672c", "stra\u00dfe.\u65e5\u672c"],
    ["", ""],
    ["..a..", "..a.."],
  ])("%s is %s", (subject, expected) => {
    expect(normalizeSubject(subject)).toBe(expected);
  });

  it.each([
    ["_INBOX.Tt0kRCTZYVpL6vcNIbRTWp", "_INBOX.{nuid}"],
    ["_INBOX.Tt0kRCTZYVpL6vcNIbRTWp.Tt0kRCTZYVpL6vcNIbRTWp", "_INBOX.{nuid}"],
    ["_INBOX.whatever.17.x", "_INBOX.{nuid}"],
    ["$JS.ACK.ORDERS.worker.1.2.3.1700000000000000000.4", "$JS.ACK.ORDERS"],
    ["$JS.ACK.hub.ACCHASH.ORDERS.worker.1.2.3.1700000000000000000.4.xy", "$JS.ACK.ORDERS"],
    ["$JS.API.INFO", "$JS.API.INFO"],
    ["$JS.API.STREAM.INFO.ORDERS", "$JS.API.STREAM.INFO"],
    ["$JS.API.STREAM.MSG.GET.ORDERS", "$JS.API.STREAM.MSG.GET"],
    ["$JS.API.CONSUMER.MSG.NEXT.ORDERS.x7dFzq0a", "$JS.API.CONSUMER.MSG.NEXT"],
    ["$JS.API.CONSUMER.CREATE.ORDERS.x7dFzq0a.orders.>", "$JS.API.CONSUMER.CREATE"],
    ["$JS.API.DIRECT.GET.KV_b.$KV.b.key", "$JS.API.DIRECT.GET"],
    ["$JS.hub.API.STREAM.NAMES", "$JS.hub.API.STREAM.NAMES"],
    ["$JS.FC.ORDERS.x7dFzq0a.Ab", "$JS.FC"],
    ["$KV.sessions.user.17", "$KV.sessions"],
    ["$O.files.C.Tt0kRCTZYVpL6vcNIbRTWp", "$O.files.C"],
    ["$SRV.PING.orders.Tt0kRCTZYVpL6vcNIbRTWp", "$SRV.PING"],
    ["$SYS.REQ.USER.INFO", "$SYS.REQ.USER.INFO"],
    ["$JS", "$JS"],
    ["_INBOX", "_INBOX"],
    ["__proto__.constructor.toString", "__proto__.constructor.toString"],
    ["constructor.a", "constructor.a"],
  ])("what servers and clients name: %s is %s", (subject, expected) => {
    expect(normalizeSubject(subject)).toBe(expected);
  });

  it("finds nearly all NUIDs, alone and behind a name", () => {
    let missed = 0;
    for (let i = 0; i < 2_000; i++) {
      nuid.reset();
      const name = normalizeSubject(`a.${nuid.next()}.b-${nuid.next()}`);
      if (name !== "a.{nuid}.b-{nuid}") missed++;
    }
    // Those without a digit may look like words.
    expect(missed).toBeLessThan(40);
  });

  it("keeps 16 levels of at most 64 characters", () => {
    expect(normalizeSubject("a.".repeat(15).concat("a"))).toBe("a.".repeat(15).concat("a"));
    expect(normalizeSubject("a.".repeat(16).concat("a"))).toBe("a.".repeat(16).concat(">"));
    expect(normalizeSubject(`b.${"x".repeat(64)}`)).toBe(`b.${"x".repeat(64)}`);
    expect(normalizeSubject(`b.${"x".repeat(65)}.c`)).toBe("b.{id}.c");
  });

  it("of a name is the name; it is short whatever comes", () => {
    const token = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "$JS",
        "API",
        "ACK",
        "_INBOX",
        "$KV",
        "STREAM",
        "MSG",
        "LEADER",
        UUID,
        "17",
        "{id}",
        ">",
      ),
      fc.stringMatching(/^[0-9A-Za-z]{1,40}$/),
    );
    const subject = fc.array(token, { maxLength: 24 }).map((tokens) => tokens.join("."));
    fc.assert(
      fc.property(subject, (given) => {
        const name = normalizeSubject(given);
        expect(normalizeSubject(name)).toBe(name);
        expect(name.length).toBeLessThan(17 * 200);
        expect(name).not.toMatch(/[0-9]{4}/);
      }),
      { numRuns: 200 },
    );
  });

  it("takes no more time than it takes to read it, whatever it is", () => {
    const size = 65_536;
    const hostile = [
      "0".repeat(size),
      "a".repeat(size),
      ".".repeat(size),
      "a.".repeat(size / 2),
      "a1B".repeat(size / 3),
      "0123abcd-".repeat(size / 9),
      `${"550e8400-e29b-41d4-a716-44665544000".repeat(size / 36)}`,
      `_INBOX.${"x".repeat(size)}`,
      `$JS.ACK.${"1.".repeat(size / 2)}`,
      `$JS.API.${"MSG.".repeat(size / 4)}`,
    ];
    const before = performance.now();
    for (let i = 0; i < 100; i++) for (const subject of hostile) normalizeSubject(subject);
    // A thousand of them: about 10 ms; one that is read twice for each of its characters takes seconds alone.
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  it.each([[undefined], [null], [17], [{}], [["a"]]])("%s is refused", (subject) => {
    expect(() => normalizeSubject(subject as never)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining("a string") }),
    );
  });
});
