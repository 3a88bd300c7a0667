/** Whether a message is what a move sends from the old link to the new one. */
export function isProbe(subject: string): boolean {
  return subject.startsWith("_INBOX.") && subject.includes(".probe.");
}
