// The model's table: a row for each feature, a count for each class. Nearly all rows are empty, so only counts are kept, each
// beside its row and class. Features that share a row are a lottery by the site's key: a table small enough to keep whole cost
// 3 of 100 right guesses, and with 2^27 rows one short mail in 200 was decided by the key. Counts stand in order, each as near
// behind its home as those before it leave room (ordered linear probing: Amble and Knuth 1974), so the same counts lie the same
// way whatever was counted and taken back before, and those of one row lie side by side.

/** A row is any whole number below this. */
const ROWS = 2 ** 32;
/** A class and its count share a number; the class is in the first bits. */
const COUNT_BITS = 27;
const COUNT_MAX = 2 ** COUNT_BITS - 1;
/** What stands for a class where the mails are counted that a row's feature stood in. Classes have places below it. */
export const SEEN = 31;
const SLOTS_MIN = 4096;
/** Fuller than this the table has more slots: runs stay a few slots long. */
const FULL = 0.8;
/** Slots behind the last home: no run at the end comes near so many. */
const TAIL = 1024;

/**
 * Slots of two numbers: the row, and class and count, which are 0 where nothing stands. `spread`: a row times this is its home.
 * `used`: rows with the count of any class.
 */
export type Counts = { slots: Uint32Array; spread: number; entries: number; used: number };

export function emptyCounts(): Counts {
  return { slots: slotsFor(SLOTS_MIN), spread: SLOTS_MIN / ROWS, entries: 0, used: 0 };
}

/** A table of at most so many counts, which `fill` adds: at once large enough, which saves half of the time. */
export function filledCounts(
  entries: number,
  fill: (add: (row: number, at: number, by: number) => void, has: (row: number, at: number) => boolean) => void,
): Counts {
  const homes = homesFor(entries);
  const counts: Counts = { slots: slotsFor(homes), spread: homes / ROWS, entries: 0, used: 0 };
  fill(
    (row, at, by) => change(counts, row, at, by),
    (row, at) => countOf(counts, row, at) !== 0,
  );
  refit(counts);
  return counts;
}

/** Four, five, six or seven times a power of two: a table grows by a fifth or so, not to twice its size. */
function homesFor(entries: number): number {
  const least = Math.max(SLOTS_MIN, Math.ceil(entries / FULL));
  const step = 2 ** (31 - Math.clz32(least) - 2);
  return Math.ceil(least / step) * step;
}

/** The counts in these slots, which stay their own; null when they are not as many as a table has. */
export function countsFrom(slots: Uint32Array, entries: number, used: number): Counts | null {
  const homes = slots.length / 2 - TAIL;
  return homes === homesFor(entries) ? { slots, spread: homes / ROWS, entries, used } : null;
}

function slotsFor(homes: number): Uint32Array {
  return new Uint32Array((homes + TAIL) * 2);
}

/** Homes are in the order of rows. */
function homeOf(row: number, spread: number): number {
  return Math.floor(row * spread);
}

/** What a row counts in a class, or `SEEN`. */
export function countOf(counts: Counts, row: number, at: number): number {
  return countAt(counts, slotOf(counts, row, at), row, at);
}

/** Writes what a row counts in each class into `into`; answers their sum. Of an empty row, as most are, it writes nothing. */
export function countsOf({ slots, spread }: Counts, row: number, into: Uint32Array): number {
  let slot = homeOf(row, spread);
  while (slots[slot * 2 + 1] !== 0 && (slots[slot * 2] ?? 0) < row) slot++;
  let sum = 0;
  for (; slots[slot * 2] === row; slot++) {
    const own = slots[slot * 2 + 1] ?? 0;
    const at = own >>> COUNT_BITS;
    if (own === 0 || at >= into.length) return sum;
    if (sum === 0) for (let each = 0; each < into.length; each++) into[each] = 0;
    into[at] = own & COUNT_MAX;
    sum += own & COUNT_MAX;
  }
  return sum;
}

/** Adds to a count, or takes away from it. Throws, changing nothing, below 0 and for more than the table counts to. */
export function addTo(counts: Counts, row: number, at: number, by: number): void {
  change(counts, row, at, by);
  refit(counts);
}

function change(counts: Counts, row: number, at: number, by: number): void {
  const { slots } = counts;
  const slot = slotOf(counts, row, at);
  const was = countAt(counts, slot, row, at);
  const count = was + by;
  if (count < 0 || count > COUNT_MAX) throw new Error(`a row counts ${count}, which the table has no room for`);
  const own = ((at << COUNT_BITS) | count) >>> 0;
  if (was === 0) insert(counts, slot, row, own);
  else if (count === 0) remove(counts, slot);
  else slots[slot * 2 + 1] = own;
}

/** What the slot counts, when it is that of this row and class. */
function countAt({ slots }: Counts, slot: number, row: number, at: number): number {
  const own = slots[slot * 2 + 1] ?? 0;
  return slots[slot * 2] === row && own >>> COUNT_BITS === at ? own & COUNT_MAX : 0;
}

/** Where the count of a row and class stands, or would. */
function slotOf({ slots, spread }: Counts, row: number, at: number): number {
  let slot = homeOf(row, spread);
  for (; slots[slot * 2 + 1] !== 0; slot++) {
    const other = slots[slot * 2] ?? 0;
    if (other > row || (other === row && (slots[slot * 2 + 1] ?? 0) >>> COUNT_BITS >= at)) return slot;
  }
  return slot;
}

function insert(counts: Counts, slot: number, row: number, own: number): void {
  const { slots } = counts;
  let end = slot;
  while (slots[end * 2 + 1] !== 0) end++;
  if ((end + 1) * 2 >= slots.length) throw new Error("the table of counts has no room behind its last home");
  slots.copyWithin((slot + 1) * 2, slot * 2, end * 2);
  slots[slot * 2] = row;
  slots[slot * 2 + 1] = own;
  counts.entries += 1;
  if (isOnlyOne(slots, slot)) counts.used += 1;
}

function remove(counts: Counts, slot: number): void {
  const { slots, spread } = counts;
  if (isOnlyOne(slots, slot)) counts.used -= 1;
  let end = slot + 1;
  while (slots[end * 2 + 1] !== 0 && homeOf(slots[end * 2] ?? 0, spread) < end) end++;
  slots.copyWithin(slot * 2, (slot + 1) * 2, end * 2);
  slots.fill(0, (end - 1) * 2, end * 2);
  counts.entries -= 1;
}

/** Whether the count in a slot is of a class, and the only one its row has. */
function isOnlyOne(slots: Uint32Array, slot: number): boolean {
  const isSame = (other: number): boolean =>
    slots[other * 2 + 1] !== 0 && slots[other * 2] === slots[slot * 2] && !isSeen(slots, other);
  return !isSeen(slots, slot) && !(slot > 0 && isSame(slot - 1)) && !isSame(slot + 1);
}

function isSeen(slots: Uint32Array, slot: number): boolean {
  return (slots[slot * 2 + 1] ?? 0) >>> COUNT_BITS === SEEN;
}

/** As many slots as the entries ask for, whatever they were before. */
function refit(counts: Counts): void {
  const { entries, slots: old } = counts;
  const wanted = homesFor(entries);
  if (wanted === old.length / 2 - TAIL) return;
  const [slots, spread] = [slotsFor(wanted), wanted / ROWS];
  let free = 0;
  for (let slot = 0; slot < old.length / 2; slot++) {
    const own = old[slot * 2 + 1] ?? 0;
    if (own === 0) continue;
    const row = old[slot * 2] ?? 0;
    free = Math.max(free, homeOf(row, spread));
    slots[free * 2] = row;
    slots[free * 2 + 1] = own;
    free++;
  }
  counts.slots = slots;
  counts.spread = spread;
}
