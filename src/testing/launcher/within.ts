/**
 * Settles as `promise` does, or rejects with `late()` after `ms` milliseconds. Keeps the process alive meanwhile: what
 * is awaited here is often itself unable to.
 */
export async function within<T>(ms: number, promise: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
