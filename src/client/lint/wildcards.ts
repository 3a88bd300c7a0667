import { Kind } from "../../wire/frame.js";
import type { SubjectEntry } from "../../wire/subject-cache.js";

/** A token that a subscription would take for a wildcard. */
const WILDCARD = /(?:^|\.)[*>](?:\.|$)/;
/** Calls of JetStream's API behind a prefix of the application's own: the filter of a consumer is part of the subject. */
const OF_CONSUMERS = /\.CONSUMER\.(?:CREATE|DURABLE)\./;

/**
 * Subjects with wildcards among those that messages were published to, and requests sent. They are looked for when somebody asks, in what the
 * cache of encoded subjects keeps: a publish does nothing for it.
 */
export function publishedWildcards(entries: Iterable<SubjectEntry>): string[] {
  const found: string[] = [];
  for (const { subject, kind } of entries)
    if (kind === Kind.Data && WILDCARD.test(subject) && !OF_CONSUMERS.test(subject)) found.push(subject);
  return found;
}
