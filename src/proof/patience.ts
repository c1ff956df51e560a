// How long a check may take. When DNS has been silent many times in a row it is not waited for in full any more, so that a
// dead server costs every mail half a second and not five; now and then one check waits in full, to see whether it is back.

/** So many silences in a row are no accident of one domain's servers. */
const SILENT_IN_A_ROW = 20;
const HURRY_MS = 500;
/** How often one check is given its full time while DNS is silent. */
const PROBE_EVERY_MS = 30_000;

export type Patience = {
  /** Milliseconds the next check may take. */
  next(now: number): number;
  /** What DNS did in a check. Answers whether that changed how long is waited: "silent" and "answering" from now on. */
  heard(dns: "unasked" | "answered" | "silent", now: number): "silent" | "answering" | null;
};

export function openPatience(limitMs: number): Patience {
  let silences = 0;
  let probeAt = 0;
  return {
    next(now) {
      if (silences < SILENT_IN_A_ROW) return limitMs;
      if (now < probeAt) return Math.min(limitMs, HURRY_MS);
      probeAt = now + PROBE_EVERY_MS;
      return limitMs;
    },
    heard(dns, now) {
      if (dns === "unasked") return null;
      const before = silences;
      silences = dns === "silent" ? Math.min(SILENT_IN_A_ROW, silences + 1) : 0;
      if (silences === SILENT_IN_A_ROW && before < SILENT_IN_A_ROW) {
        probeAt = now + PROBE_EVERY_MS;
        return "silent";
      }
      return before === SILENT_IN_A_ROW && silences === 0 ? "answering" : null;
    },
  };
}
