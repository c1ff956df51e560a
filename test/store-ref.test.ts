// The reference of a case: from the id alone, forgiving to read, strict about slips.

import { expect, test } from "vitest";
import { idOf, refOf } from "../src/store/ref.ts";

const IDS = [1, 2, 31, 32, 1023, 1024, 999_999, 1_000_000, 2 ** 31, 2 ** 33 + 7, 2 ** 52];

test("every id comes back from its reference, and references differ", () => {
  const refs = IDS.map(refOf);
  expect(refs.map(idOf)).toEqual(IDS);
  expect(new Set(refs).size).toBe(IDS.length);
  for (const ref of refs) expect(ref).toMatch(/^MW-[0-9A-HJKMNP-TV-Z]{6,12}$/);
});

test("people may write it in small letters, with O and I and L, spaces, dashes and no prefix", () => {
  const ref = refOf(33_555_489);
  expect(ref).toBe("MW-1001114");
  const written = ["mw-1001114", "MW-iOol1I4", "1001114", " mw 100 1114 ", "MW-100-11-14"];
  expect(written.map(idOf)).toEqual(written.map(() => 33_555_489));
});

test("a wrong digit or two neighbours swapped are noticed", () => {
  const slips = IDS.map((id) => refOf(id).slice(3)).flatMap(slipsOf);
  expect(slips.length).toBeGreaterThan(1000);
  expect(slips.filter((slip) => idOf(slip) !== null)).toEqual([]);
});

/** Every text one wrong digit or one swap away. */
function slipsOf(digits: string): string[] {
  const slips = Array.from(digits, (digit, at) => [
    ...Array.from("0123456789ABCDEFGHJKMNPQRSTVWXYZ", (other) => digits.slice(0, at) + other + digits.slice(at + 1)),
    digits.slice(0, at) + (digits[at + 1] ?? "") + digit + digits.slice(at + 2),
  ]);
  return slips.flat().filter((slip) => slip !== digits);
}

test("what is no reference is null", () => {
  const texts = ["", "MW-", "MW-000000", "hello", "MW-U00010", "MW-ZZZZZZZZZZZZZZ", "0"];
  expect(texts.filter((text) => idOf(text) !== null)).toEqual([]);
});
