import type { ClientConnection } from "./client-connection.js";

/** A subscription as a server has it. */
export interface Subscription {
  readonly client: ClientConnection;
  readonly sid: string;
  readonly subject: string;
  readonly queue: string | undefined;
  /** Grows from one subscription of a server to the next. */
  readonly serial: number;
  /** Messages after which it ends, counted since the SUB. */
  max: number | undefined;
  delivered: number;
  /** It is over, although it may still be found in a {@link Match} that is being worked on. */
  ended: boolean;
  /** Some of what its subject covers is not permitted. */
  readonly filtered: boolean;
}

/** Who gets a message: each of `plain`, and one of each queue group. */
export interface Match {
  readonly plain: readonly Subscription[];
  readonly groups: ReadonlyMap<string, readonly Subscription[]>;
}

interface Node {
  readonly literal: Map<string, Node>;
  /** Behind a `*`. */
  any: Node | undefined;
  /** Subscriptions whose subject ends here, and those that end here with a `>`. */
  readonly here: Set<Subscription>;
  readonly rest: Set<Subscription>;
}

const CACHED_SUBJECTS = 1024;
const NOBODY: Match = { plain: [], groups: new Map() };

/** The subscriptions of one server by subject: a trie of tokens, with a cache of subjects asked for last. */
export class Sublist {
  private readonly root = newNode();
  private readonly cache = new Map<string, Match>();
  /** How many there are. */
  size = 0;

  /** How many subjects it remembers the match of. */
  get remembered(): number {
    return this.cache.size;
  }

  insert(sub: Subscription): void {
    let node = this.root;
    const tokens = sub.subject.split(".");
    const full = tokens.at(-1) === ">";
    if (full) tokens.pop();
    for (const token of tokens) node = child(node, token);
    (full ? node.rest : node.here).add(sub);
    this.size++;
    this.cache.clear();
  }

  remove(sub: Subscription): void {
    sub.ended = true;
    const tokens = sub.subject.split(".");
    const full = tokens.at(-1) === ">";
    if (full) tokens.pop();
    const path = [this.root];
    for (const token of tokens) {
      const last = path[path.length - 1];
      const next = token === "*" ? last.any : last.literal.get(token);
      if (next === undefined) return;
      path.push(next);
    }
    const node = path[path.length - 1];
    if (!(full ? node.rest : node.here).delete(sub)) return;
    this.size--;
    this.cache.clear();
    for (let i = tokens.length; i > 0 && isEmpty(path[i]); i--) {
      if (tokens[i - 1] === "*") path[i - 1].any = undefined;
      else path[i - 1].literal.delete(tokens[i - 1]);
    }
  }

  /** All whose subject covers `subject`, the oldest connection's first, and each connection's in the order of their SUBs. */
  match(subject: string): Match {
    let match = this.cache.get(subject);
    if (match !== undefined) return match;
    const found: Subscription[] = [];
    const tokens = subject.split(".");
    // A subject with an empty token is covered by nothing, not even by a wildcard.
    if (!tokens.includes("")) collect(this.root, tokens, 0, found);
    match = found.length === 0 ? NOBODY : sorted(found);
    if (this.cache.size >= CACHED_SUBJECTS) this.cache.clear();
    this.cache.set(subject, match);
    return match;
  }
}

function newNode(): Node {
  return { literal: new Map(), any: undefined, here: new Set(), rest: new Set() };
}

function child(node: Node, token: string): Node {
  if (token === "*") {
    node.any ??= newNode();
    return node.any;
  }
  let next = node.literal.get(token);
  if (next === undefined) {
    next = newNode();
    node.literal.set(token, next);
  }
  return next;
}

function isEmpty(node: Node): boolean {
  return node.here.size === 0 && node.rest.size === 0 && node.literal.size === 0 && node.any === undefined;
}

function collect(node: Node, tokens: readonly string[], at: number, found: Subscription[]): void {
  if (at === tokens.length) {
    for (const sub of node.here) found.push(sub);
    return;
  }
  for (const sub of node.rest) found.push(sub);
  if (node.any !== undefined) collect(node.any, tokens, at + 1, found);
  const next = node.literal.get(tokens[at]);
  if (next !== undefined) collect(next, tokens, at + 1, found);
}

function sorted(found: Subscription[]): Match {
  found.sort((a, b) => a.client.id - b.client.id || a.serial - b.serial);
  const plain: Subscription[] = [];
  const groups = new Map<string, Subscription[]>();
  for (const sub of found) {
    if (sub.queue === undefined) plain.push(sub);
    else {
      const group = groups.get(sub.queue);
      if (group === undefined) groups.set(sub.queue, [sub]);
      else group.push(sub);
    }
  }
  return { plain, groups };
}
