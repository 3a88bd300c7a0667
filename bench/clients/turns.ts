/**
 * Asks once in each turn of the event loop how many messages may go, and publishes them, until the answer is NaN. Nothing is made
 * meanwhile but the turn itself: what this made would be collected in the client's time.
 */
export function whileRoom(room: () => number, publish: (messages: number) => void): Promise<void> {
  return new Promise((resolve) => {
    const turn = () => {
      const more = room();
      if (Number.isNaN(more)) {
        resolve();
        return;
      }
      if (more > 0) publish(more);
      setImmediate(turn);
    };
    turn();
  });
}
