import type { NatsServer } from "../../../src/testing/server.js";

interface Group {
  leader?: string;
  replicas?: { name: string; current: boolean }[];
}

interface Jsz {
  meta_cluster?: Group & { cluster_size: number };
  account_details?: {
    stream_detail?: {
      name: string;
      cluster?: Group;
      consumer_detail?: { name: string; cluster?: Group }[];
    }[];
  }[];
}

/** A stream, or one of its consumers, as the server that leads it says; no leader: nobody says so. */
export interface Led {
  readonly stream: string;
  readonly consumer: string | undefined;
  readonly leader: string | undefined;
}

/** What the servers' monitoring endpoints say that is missing for JetStream to work; undefined when nothing is. */
export async function unhealthy(servers: NatsServer[]): Promise<string | undefined> {
  const seen = await views(servers);
  const names = new Set(servers.map(({ name }) => name));
  const groups = new Map<string, string | undefined>();
  const note = (what: string, at: string, group: Group | undefined): void => {
    const state = group === undefined ? undefined : fault(at, group, names);
    if (group !== undefined && (state === undefined || !groups.has(what))) groups.set(what, state);
  };
  for (const { name, jsz } of seen) {
    note("JetStream", name, jsz.meta_cluster);
    for (const stream of streamsOf(jsz)) {
      note(stream.name, name, stream.cluster);
      for (const consumer of stream.consumer_detail ?? []) {
        note(`${stream.name} ${consumer.name}`, name, consumer.cluster);
      }
    }
  }
  if (!groups.has("JetStream")) return "JetStream has no cluster";
  for (const [what, state] of groups) if (state !== undefined) return `${what} ${state}`;
  return undefined;
}

/** Every stream and consumer with several replicas, and who leads it. */
export async function leadersOf(servers: NatsServer[]): Promise<Led[]> {
  const led = new Map<string, Led>();
  const note = (stream: string, consumer: string | undefined, at: string, group: Group | undefined): void => {
    if (group === undefined || (group.replicas ?? []).length === 0) return;
    const key = `${stream} ${consumer}`;
    if (group.leader === at) led.set(key, { stream, consumer, leader: at });
    else if (!led.has(key)) led.set(key, { stream, consumer, leader: undefined });
  };
  for (const { name, jsz } of await views(servers)) {
    for (const stream of streamsOf(jsz)) {
      note(stream.name, undefined, name, stream.cluster);
      for (const consumer of stream.consumer_detail ?? [])
        note(stream.name, consumer.name, name, consumer.cluster);
    }
  }
  return [...led.values()];
}

/** What each server says of the consumers that it has: for the message of a test that fails. */
export async function consumersOf(servers: NatsServer[]): Promise<string> {
  const lines = (await views(servers)).flatMap(({ name, jsz }) =>
    streamsOf(jsz).flatMap((stream) =>
      (stream.consumer_detail ?? []).map(
        (consumer) =>
          `${name} of ${stream.cluster?.leader}: ${JSON.stringify({ ...consumer, ts: undefined })}`,
      ),
    ),
  );
  return lines.join("\n");
}

/** Only a leader knows its replicas: what the others say of it is out of date for seconds after its death. */
function fault(at: string, group: Group, running: Set<string>): string | undefined {
  if (group.leader !== at) return "has no leader";
  const behind = (group.replicas ?? []).find(
    ({ name, current }) => running.has(name) && name !== at && !current,
  );
  return behind && `is not current at ${behind.name}`;
}

const streamsOf = (jsz: Jsz) => (jsz.account_details ?? []).flatMap((account) => account.stream_detail ?? []);

function views(servers: NatsServer[]): Promise<{ name: string; jsz: Jsz }[]> {
  return Promise.all(
    servers.map(async ({ name, monitorPort }) => {
      const answer = await fetch(
        `http://127.0.0.1:${monitorPort}/jsz?accounts=true&streams=true&consumers=true`,
      );
      return { name, jsz: (await answer.json()) as Jsz };
    }),
  );
}
