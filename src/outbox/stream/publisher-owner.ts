/** Whom a publisher works for, where that is not the application. */
export interface PublisherOwner {
  /** A message is sent again that the stream may have had since `since`, monotonic ms. */
  sentAgain(msgID: string, since: number): void;
  /** A message is given up that the stream may have had since `since`, monotonic ms. */
  leftOpen(msgID: string, since: number): void;
}
