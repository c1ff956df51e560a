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
