import type { Account } from "./accounts.js";
import type { Evidence } from "./evidence.js";
import { count } from "./view/figures.js";

/**
 * What Holdfast has promised and did not keep in this run, in words; nothing if all is well. For nats.js, which
 * has promised nothing of the kind, there is no such list.
 */
export function brokenPromises(account: Account, evidence: Evidence): string[] {
  const { publisher, subscriber } = evidence;
  const broken: string[] = [];
  if (account.lost > 0) broken.push(`${count(account.lost)} messages were lost`);
  if (account.wireDisorder > 0) {
    broken.push(`${count(account.wireDisorder)} messages went onto the publisher's wire out of order`);
  }
  const { outages, disconnects, reconnects } = account.events;
  if (disconnects !== outages || reconnects !== outages) {
    const told = `${count(disconnects)} disconnect and ${count(reconnects)} reconnect events`;
    broken.push(`${count(outages)} links were cut, and ${told} were told`);
  }
  const replayed = account.books?.replayed ?? 0;
  if (account.duplicates > replayed) {
    broken.push(
      `${count(account.duplicates)} duplicates, but only ${count(replayed)} messages were replayed`,
    );
  }
  if (account.booksBalanced === false) {
    broken.push(`the books do not balance: ${JSON.stringify(publisher.firstUnbalanced ?? account.books)}`);
  }
  if (publisher.flushError !== undefined) broken.push(`the last flush failed: ${publisher.flushError}`);
  if (subscriber.strangers > 0) {
    broken.push(`${count(subscriber.strangers)} messages arrived that were never sent like this`);
  }
  return [...broken, ...evidence.failures];
}
