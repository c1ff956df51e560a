// The model's table: the same counts lie the same way, those of one row together, and hardly any two features share a row.

import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { addTo, countOf, countsFrom, countsOf, emptyCounts, SEEN } from "../src/classify/counts.ts";
import { STARTER_FILE } from "../src/rulebook/starter.ts";
import { starterFrom, starterLinear, starterModel } from "../src/rulebook/starter-file.ts";

test("counts lie the same way whatever was counted before, also when the table grew in between", () => {
  const row = fc.oneof(
    fc.nat(0xffff_ffff),
    fc.nat(9),
    fc.nat(9).map((back) => 0xffff_ffff - back),
  );
  const many = fc.array(fc.tuple(row, fc.integer({ min: 0, max: SEEN })), {
    minLength: 2500,
    maxLength: 6000,
    size: "max",
  });
  fc.assert(
    fc.property(many, fc.infiniteStream(fc.nat(9)), (places, chance) => {
      const [kept, gone] = [places.slice(0, places.length / 3), places.slice(places.length / 3)];
      const plain = emptyCounts();
      for (const [row, at] of kept) addTo(plain, row, at, 3);
      const mixed = emptyCounts();
      const order = [...kept.map((place) => ({ place, by: 3 })), ...gone.map((place) => ({ place, by: 2 }))];
      for (const { place, by } of order.sort(() => (chance.next().value ?? 0) - 4.5)) addTo(mixed, ...place, by);
      for (const place of gone) addTo(mixed, ...place, -2);
      expect(mixed).toEqual(plain);
      const counted = new Map<string, number>();
      for (const [row, at] of kept) counted.set(`${row} ${at}`, (counted.get(`${row} ${at}`) ?? 0) + 3);
      expect(kept.every(([row, at]) => countOf(plain, row, at) === counted.get(`${row} ${at}`))).toBe(true);
      const rows = new Set(kept.filter(([, at]) => at !== SEEN).map(([row]) => row));
      expect(plain).toMatchObject({ entries: counted.size, used: rows.size });
    }),
    { numRuns: 15 },
  );
});

test("the counts of a row are found side by side, those of its neighbours are not", () => {
  const counts = emptyCounts();
  for (const row of [7, 8, 9]) for (const at of [0, 2, SEEN]) addTo(counts, row, at, row * 10 + at);
  const found = new Uint32Array(3);
  expect(countsOf(counts, 8, found)).toBe(162);
  expect([...found]).toEqual([80, 0, 82]);
  expect(countsOf(counts, 10, found)).toBe(0);
  expect(countOf(counts, 9, SEEN)).toBe(90 + SEEN);
});

test("under no key do more than a few features of the starter share rows, or short mails would be decided by the key", () => {
  const file = starterFrom(readFileSync(STARTER_FILE));
  for (const key of ["one", "two", "three"]) {
    expect(file.entries - starterModel(file, key).counts.entries).toBeLessThan(20);
    const { entries } = starterLinear(file, key);
    expect(file.weighed - entries).toBeLessThan(4);
  }
});

test("a table grows by a fifth or so, is read back as it is, and is none when its size is another", () => {
  const counts = emptyCounts();
  const sizes = new Set<number>();
  for (let row = 0; row < 20_000; row++) {
    addTo(counts, row * 200_003, 0, 1);
    sizes.add(counts.slots.length);
  }
  const all = [...sizes];
  const growths = all.slice(1).map((size, at) => size / (all[at] ?? size));
  expect(Math.max(...growths)).toBeLessThan(1.26);
  expect(all.length).toBeGreaterThan(8);
  expect(countsFrom(counts.slots, counts.entries, counts.used)).toEqual(counts);
  expect(countsFrom(counts.slots.slice(2), counts.entries, counts.used)).toBeNull();
  expect(() => addTo(counts, 0, 0, 2 ** 27)).toThrow("no room");
  expect(() => addTo(counts, 0, 0, -2)).toThrow("no room");
  expect(countOf(counts, 0, 0)).toBe(1);
});
