import { describe, expect, it } from "vitest";
import type { Fate } from "../broker/client-connection.js";
import { message } from "../broker/message.js";
import type { Cluster } from "../sim/cluster.js";
import type { Peer } from "../sim/peer.js";
import { Violation } from "../sim/violation.js";
import { type Post, type PostKind, Posts } from "./posts.js";

function make() {
  let now = 0;
  const posts = new Posts(
    () => now++,
    () => ({ servers: [] }) as unknown as Cluster,
  );
  const accepted = (kind: PostKind = "data", once = false): Post => {
    const post = posts.make(kind, "a", once, 20, false);
    posts.accept(post);
    return post;
  };
  const link = (epoch: number) => posts.opened({ epoch } as Peer);
  const arrives = ({ subject, payload }: Post, epoch: number, fate: Fate = "taken") =>
    posts.published(
      { epoch, wire: { over: false } } as Peer,
      message(subject, "", undefined, Buffer.from(payload)),
      fate,
    );
  link(1);
  return { posts, accepted, link, arrives };
}

const LOST = { size: 20, age: 0, reason: "ttl" as const, maybeDelivered: false };
const NONE = { refused: 0, unconfirmed: 0 };

/** The rule that is broken. */
function broken(action: () => void): string {
  try {
    action();
  } catch (error) {
    if (error instanceof Violation) return error.rule;
    throw error;
  }
  return "none";
}

describe("the record of what was published", () => {
  it("finds nothing wrong when all that was accepted is there, and counts it as confirmed", () => {
    const { posts, accepted, arrives } = make();
    for (const post of [accepted(), accepted()]) arrives(post, 1);
    expect(posts.conclude(false, NONE)).toMatchObject({ accepted: 2, acknowledged: 2, found: 2, lost: [] });
  });

  it("finds what was lost", () => {
    const { posts, accepted } = make();
    accepted();
    expect(broken(() => posts.conclude(false, NONE))).toBe("history");
    expect(broken(() => posts.conclude(true, { refused: 0, unconfirmed: 1 }))).toBe("none");
  });

  it("finds a message that is missing and that nobody has counted", () => {
    const { posts, accepted } = make();
    accepted("data", true);
    expect(broken(() => posts.conclude(false, NONE))).toBe("missing");
  });

  it.each<[string, string, (world: ReturnType<typeof make>) => void]>([
    [
      "comes twice over one link",
      "duplicate",
      ({ accepted, arrives }) => {
        const post = accepted();
        arrives(post, 1);
        arrives(post, 1);
      },
    ],
    [
      "must not be written twice, and is",
      "duplicate",
      ({ accepted, arrives, link }) => {
        const post = accepted("data", true);
        arrives(post, 1);
        link(2);
        arrives(post, 2);
      },
    ],
    [
      "is a request, and is written twice",
      "duplicate",
      ({ accepted, arrives, link }) => {
        const post = accepted("request");
        arrives(post, 1);
        link(2);
        arrives(post, 2);
      },
    ],
    [
      "overtakes an older one",
      "wire-order",
      ({ accepted, arrives }) => {
        const [older, newer] = [accepted(), accepted()];
        arrives(newer, 1);
        arrives(older, 1);
      },
    ],
    [
      "is confirmed, and no server has it",
      "confirmed-unseen",
      ({ posts, accepted }) => {
        posts.confirm(accepted());
      },
    ],
    [
      "is written again after it was confirmed",
      "confirmed-replayed",
      ({ posts, accepted, arrives, link }) => {
        const post = accepted();
        arrives(post, 1);
        posts.confirm(post);
        link(2);
        arrives(post, 2);
      },
    ],
    [
      "is confirmed and said to be lost",
      "two-outcomes",
      ({ posts, accepted, arrives }) => {
        const post = accepted();
        arrives(post, 1);
        posts.confirm(post);
        posts.tell({
          ...LOST,
          subject: post.subject,
          data: post.payload as Uint8Array,
          maybeDelivered: true,
        });
      },
    ],
    [
      "is said not to have been delivered, and was",
      "messageLost",
      ({ posts, accepted, arrives }) => {
        const post = accepted();
        arrives(post, 1);
        posts.tell({ ...LOST, subject: post.subject, data: post.payload as Uint8Array });
      },
    ],
    [
      "has other bytes than it was given",
      "content",
      ({ accepted, arrives }) => {
        const post = accepted();
        arrives({ ...post, payload: Buffer.from("m1;something else!!!") }, 1);
      },
    ],
    [
      "has no outcome when a flush has resolved",
      "flush",
      ({ posts, accepted }) => {
        accepted();
        posts.settled(1, 0);
      },
    ],
  ])("finds one that %s", (_, rule, play) => {
    expect(broken(() => play(make()))).toBe(rule);
  });

  it("takes what was told as an outcome", () => {
    const { posts, accepted } = make();
    const post = accepted();
    posts.tell({ ...LOST, subject: post.subject, data: post.payload as Uint8Array });
    posts.settled(1, 1);
    expect(posts.conclude(false, NONE)).toMatchObject({ reported: 1, reasons: { ttl: 1 } });
  });
});
