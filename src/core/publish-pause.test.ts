import { describe, expect, it } from "vitest";
import { ChunkPool } from "../wire/chunk.js";
import { Kind } from "../wire/frame.js";
import { SubjectCache } from "../wire/subject-cache.js";
import { Books } from "./books.js";
import { Margin } from "./margin.js";
import { Outbound } from "./outbound.js";
import { PublishPause } from "./publish-pause.js";

const subjects = new SubjectCache();
const SINK = { onSettled() {}, onDropped() {}, isWanted: () => true };

function world() {
  const outbound = new Outbound(new ChunkPool(), new Books(), SINK, new Margin(0, 0));
  const pause = new PublishPause(outbound);
  const { window } = outbound;
  const publish = (payload: string) => window.append(Kind.Data, subjects.get("s"), "", undefined, payload, 0);
  const written = () => {
    let text = "";
    while (window.nextRun(Number.POSITIVE_INFINITY))
      text += window.outChunk!.bytes.subarray(window.outStart, window.outEnd).toString();
    return text;
  };
  return { pause, window, publish, written };
}

describe("a pause in publishing", () => {
  it("writes what was published before it, and a PING; what is published in it waits for its end", () => {
    const { pause, publish, written } = world();
    publish("before");
    pause.begin(0);
    publish("in it");
    expect(written()).toBe("PUB s 6\r\nbefore\r\nPING\r\n");
    pause.end();
    expect(written()).toBe("PUB s 5\r\nin it\r\n");
  });

  it("is clear as soon as all that was before it is confirmed", () => {
    const { pause, window, publish, written } = world();
    expect([pause.isOn, pause.isClear]).toEqual([false, false]);
    publish("before");
    pause.begin(0);
    const { position } = window;
    publish("in it");
    written();
    expect([pause.isOn, pause.isClear]).toEqual([true, false]);
    window.confirm(position, 0);
    expect([pause.isOn, pause.isClear]).toEqual([true, true]);
    pause.end();
    expect([pause.isOn, pause.isClear]).toEqual([false, false]);
  });

  it("that is over leaves a limit alone that is somebody else's", () => {
    const { pause, window } = world();
    window.limit = 7;
    pause.end();
    expect(window.limit).toBe(7);
  });
});
