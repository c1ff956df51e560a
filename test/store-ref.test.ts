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
  for (const written of ["mw-1001114", "MW-iOol1I4", "1001114", " mw 100 1114 ", "MW-100-11-14"]) {
    expect(idOf(written), written).toBe(33_555_489);
  }
});

test("a wrong digit or two neighbours swapped are noticed", () => {
  for (const id of IDS) {
    const digits = refOf(id).slice(3);
    for (let at = 0; at < digits.length; at++) {
      for (const other of "0123456789ABCDEFGHJKMNPQRSTVWXYZ") {
        const slip = digits.slice(0, at) + other + digits.slice(at + 1);
        if (other !== digits[at]) expect(idOf(slip), slip).toBeNull();
      }
      const swapped = digits.slice(0, at) + (digits[at + 1] ?? "") + digits[at] + digits.slice(at + 2);
      if (swapped !== digits) expect(idOf(swapped), swapped).toBeNull();
    }
  }
});

test("what is no reference is null", () => {
  for (const text of ["", "MW-", "MW-000000", "hello", "MW-U00010", "MW-ZZZZZZZZZZZZZZ", "0"]) {
    expect(idOf(text), text).toBeNull();
  }
});
