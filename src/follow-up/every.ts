// A look that is taken again and again, one at a time, until it is disposed; what goes wrong with one is told.

/** @param pauseMs from the end of one look to the next */
export function every(
  pauseMs: number,
  look: () => Promise<void>,
  onTrouble: (error: unknown) => void,
): AsyncDisposable {
  let running: Promise<void> | null = null;
  const timer = setInterval(() => {
    running ??= look()
      .catch(onTrouble)
      .finally(() => {
        running = null;
      });
  }, pauseMs);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await running;
    },
  };
}
