// Times long gone, English and Spanish: "in 2019", "last year", "ten years ago", "when I was a child", "hace años". Days,
// weeks and months are not: somebody whose chest hurt last week is looked at.

import { gapAfter, type Stretch, wordAt } from "./cancel-stretch.ts";

/** Words for one place of a pattern: a list, or a test. */
type Slot = ReadonlySet<string> | ((word: string) => boolean);

const one = (words: string): Slot => new Set(words.split(" "));
const YEAR: Slot = (word) => /^(19[5-9]\d|20\d\d)$/.test(word);
/** Ages and counts; four digits are a year. */
const NUMBER: Slot = (word) => /^\d{1,2}$/.test(word) || NUMBERS.has(word);
const NUMBERS = new Set(
  (
    "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty many several some few couple " +
    "dos tres cuatro cinco seis siete ocho nueve diez quince veinte treinta muchos varios unos algunos muchisimos"
  ).split(" "),
);
const AGO = one("ago back");
const YEARS = one("years decades");
const ANOS = one("anos decadas");
const SOMEONE = one("i he she we they");
const WAS = one("was were");
const YOUNG = one("young little small younger pregnant");
const YOUNGSTER = one("child kid baby teenager teen boy girl toddler student");
const JOVEN = one("nino nina joven chico chica pequeno pequena adolescente bebe");

/** Longest first where one begins as another does. */
const TIMES: readonly (readonly Slot[])[] = [
  [one("back"), one("in"), YEAR],
  [one("in"), YEAR],
  [one("en"), one("el"), one("ano"), YEAR],
  [one("en"), one("el"), YEAR],
  [one("en"), YEAR],
  [one("last"), one("year")],
  [one("a"), one("few couple"), one("of"), YEARS, AGO],
  [one("a"), one("few couple"), YEARS, AGO],
  [NUMBER, one("of"), YEARS, AGO],
  [NUMBER, YEARS, AGO],
  [YEARS, AGO],
  [one("el"), one("ano"), one("pasado")],
  [one("hace"), one("ya"), NUMBER, ANOS],
  [one("hace"), NUMBER, ANOS],
  [one("hace"), ANOS],
  [NUMBER, ANOS, one("atras")],
  [ANOS, one("atras")],
  [one("when"), SOMEONE, WAS, one("a"), one("young little small"), YOUNGSTER],
  [one("when"), SOMEONE, WAS, one("a"), YOUNGSTER],
  [one("when"), SOMEONE, WAS, one("in"), one("college school")],
  [one("when"), SOMEONE, WAS, YOUNG],
  [one("when"), SOMEONE, WAS, NUMBER],
  [one("as"), one("a"), one("young little small"), YOUNGSTER],
  [one("as"), one("a"), YOUNGSTER],
  [one("cuando"), one("yo"), one("era"), JOVEN],
  [one("cuando"), one("era"), JOVEN],
  [one("cuando"), one("tenia"), NUMBER, ANOS],
  [one("cuando"), one("estaba"), one("embarazada")],
  [one("de"), JOVEN],
  [one("en"), one("mi su la"), one("infancia ninez juventud")],
  [one("in"), one("my his her"), one("childhood youth")],
];

/** The last word of the time that begins at a word; null when none does. */
export function timeFrom(stretch: Stretch, first: number): number | null {
  const found = TIMES.find((slots) => slots.every((slot, i) => fits(stretch, first + i, slot, i > 0)));
  return found === undefined ? null : first + found.length - 1;
}

/** The first word of the longest time that ends at a word; null when none does. */
export function timeUpTo(stretch: Stretch, last: number): number | null {
  const firsts = TIMES.map((slots) => ({ slots, first: last - slots.length + 1 })).filter(({ slots, first }) =>
    slots.every((slot, i) => fits(stretch, first + i, slot, i > 0)),
  );
  return firsts.length === 0 ? null : Math.min(...firsts.map(({ first }) => first));
}

function fits(stretch: Stretch, at: number, slot: Slot, joined: boolean): boolean {
  const word = wordAt(stretch, at);
  if (word === "" || !(typeof slot === "function" ? slot(word) : slot.has(word))) return false;
  if (slot === YEAR && Number(word) >= stretch.recentYear) return false;
  const gap = joined ? gapAfter(stretch, at - 1) : "space";
  return gap === "space" || gap === "wrap";
}
