// The store's answer, or null when it fails or takes too long: what is asked by machines must not wait for ever.

/** How long the store may take to answer before it counts as gone. */
const STORE_DEADLINE_MS = 3000;

export async function storeAnswer<T>(ask: () => Promise<T>): Promise<T | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), STORE_DEADLINE_MS);
  const answer = await Promise.race([ask().catch(() => null), late]);
  clearTimeout(timer);
  return answer;
}
