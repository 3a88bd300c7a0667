/** ms between two bursts. */
const BURST = 5;

/**
 * Calls `publish` so many times a second for `seconds`, in small bursts, and `everySecond` in between. Bursts that come
 * late catch up.
 */
export function atRate(
  rate: number,
  seconds: number,
  publish: () => void,
  everySecond: () => void,
): Promise<void> {
  const began = performance.now();
  let done = 0;
  let lookedAt = began;
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      try {
        const now = performance.now();
        const due = Math.min(rate * seconds, ((now - began) / 1000) * rate);
        for (; done < due; done++) publish();
        if (now - lookedAt >= 1000) {
          lookedAt = now;
          everySecond();
        }
        if (done < rate * seconds) return;
        clearInterval(timer);
        resolve();
      } catch (error) {
        clearInterval(timer);
        reject(error);
      }
    }, BURST);
  });
}
