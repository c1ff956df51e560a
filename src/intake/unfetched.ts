// Mails of one folder that could not be fetched, remembered from connection to connection for as long as the folder is
// watched: such a mail must neither hold up those behind it nor be forgotten.

/** Mails that failed together so often are fetched one by one. */
const TOGETHER_MAX = 2;
/** One that failed alone so often is left behind. */
const ALONE_MAX = 3;
/** When a mail that was left behind may be tried again. */
const AGAIN_MS = 3600_000;

type Failures = { readonly together: number; readonly alone: number };
/** `refused`: we do not take it, such as one that is too large. */
type Left = { readonly why: "unreadable" | "refused"; readonly at: number };

export class Unfetched {
  private uidValidity = "";
  private readonly failures = new Map<number, Failures>();
  private readonly left = new Map<number, Left>();

  /** UIDs mean something within one UIDVALIDITY only. */
  begin(uidValidity: string): void {
    if (uidValidity !== this.uidValidity) {
      this.failures.clear();
      this.left.clear();
    }
    this.uidValidity = uidValidity;
  }

  /** How many cannot be read. */
  get unreadable(): number {
    return [...this.left.values()].filter(({ why }) => why === "unreadable").length;
  }

  isLeft(uid: number): boolean {
    return this.left.has(uid);
  }

  /** Whether a look for missing mail is to try it, too: what we refuse stays refused. */
  isToTry(uid: number, now: number): boolean {
    const left = this.left.get(uid);
    return left === undefined || (left.why === "unreadable" && now - left.at >= AGAIN_MS);
  }

  /** It is to be fetched alone. */
  isSuspect(uid: number): boolean {
    const { together, alone } = this.failures.get(uid) ?? { together: 0, alone: 0 };
    return together >= TOGETHER_MAX || alone > 0;
  }

  /** Fetching these with one command did not work; answers whether that was the last try of a single one. */
  failed(uids: readonly number[], now: number): boolean {
    const isAlone = uids.length === 1;
    for (const uid of uids) {
      const { together, alone } = this.failures.get(uid) ?? { together: 0, alone: 0 };
      this.failures.set(uid, isAlone ? { together, alone: alone + 1 } : { together: together + 1, alone });
    }
    const [uid] = uids;
    if (!isAlone || uid === undefined || (this.failures.get(uid)?.alone ?? 0) < ALONE_MAX) return false;
    this.leave(uid, "unreadable", now);
    return true;
  }

  leave(uid: number, why: Left["why"], now: number): void {
    this.left.set(uid, { why, at: now });
    // When it is tried again, once is enough.
    this.failures.set(uid, { together: TOGETHER_MAX, alone: ALONE_MAX - 1 });
  }

  /** They are ours, or are not there any more. */
  settled(uids: readonly number[]): void {
    for (const uid of uids) {
      this.failures.delete(uid);
      this.left.delete(uid);
    }
  }

  /** What is not there any more is not missed. */
  keepOnly(there: readonly number[]): void {
    const lying = new Set(there);
    this.settled([...this.left.keys()].filter((uid) => !lying.has(uid)));
  }

  /** Somebody asks for another look now. */
  forgive(): void {
    for (const [uid, { why }] of this.left) this.left.set(uid, { why, at: Number.NEGATIVE_INFINITY });
  }
}
