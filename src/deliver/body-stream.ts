// The bytes of a message as a stream, from memory or from the store.

/** The same bytes; an error on the way is told, so that it is not taken for the destination's. */
export async function* noting(
  body: AsyncIterable<Uint8Array>,
  tell: (error: unknown) => void,
): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    tell(error);
    throw error;
  }
}

/** Bytes at hand, in one piece. */
export async function* once(raw: Uint8Array): AsyncIterable<Uint8Array> {
  yield raw;
}

/** All of it in one piece, or its first bytes. null: the store cannot give it; the lane, through which it comes, tells why. */
export async function wholeOf(
  body: AsyncIterable<Uint8Array>,
  bytesMax = Number.POSITIVE_INFINITY,
): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= bytesMax) break;
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
}
