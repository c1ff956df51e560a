// Addresses for bounces: what is written is read back, and nothing anybody else makes is.

import { expect, test } from "vitest";
import { readSrs, SRS_DAYS_MAX, srsSender } from "../src/deliver/srs.ts";

const DAY_MS = 86_400_000;
const NOW = Date.parse("2026-11-24T12:00:00Z");
const OURS = { domain: "bounces.clinic.example", key: "0123456789abcdef".repeat(4) };

function back(sender: string, later = 0, change: (address: string) => string = (address) => address) {
  return readSrs(OURS, change(srsSender(OURS, sender, 12_345, NOW)), NOW + later);
}

test("a sender becomes an address of ours in the classic format, and is found again with its delivery", () => {
  const address = srsSender(OURS, "pat@home.example", 12_345, NOW);
  expect(address).toMatch(/^SRS0=[a-z2-7]{10}=[a-z2-7]{2}=home\.example=pat=9ix@bounces\.clinic\.example$/);
  expect(back("pat@home.example")).toEqual({ kind: "returned", deliveryId: 12_345, sender: "pat@home.example" });
  expect(back("a=b+c@x.example")).toMatchObject({ sender: "a=b+c@x.example" });
});

test("the null sender stays null: a bounce of a bounce has nowhere to go", () => {
  expect(srsSender(OURS, "", 1, NOW)).toBe("");
});

test("a sender rewritten by others becomes SRS1 that names the first of them, however often", () => {
  const once = srsSender(OURS, "SRS0=HHH=TT=home.example=pat@first.example", 7, NOW);
  expect(once).toMatch(/^SRS1=[a-z2-7]{10}=[a-z2-7]{2}=first\.example==HHH=TT=home\.example=pat=7@/);
  const again = srsSender(OURS, "SRS1=XYZ=first.example==HHH=TT=home.example=pat@second.example", 7, NOW);
  expect(again).toBe(once);
  const read = readSrs(OURS, once, NOW);
  expect(read).toEqual({ kind: "returned", deliveryId: 7, sender: "SRS0=HHH=TT=home.example=pat@first.example" });
});

test.each([
  ["too long for 64 octets", `${"p".repeat(30)}@${"h".repeat(20)}.example`],
  ["not ASCII", "größe@home.example"],
  ["quoted", '"a b"@home.example'],
])("a sender that is %s finds no room, and the delivery is found all the same", (_, sender) => {
  const address = srsSender(OURS, sender, 12_345, NOW);
  expect(address).toMatch(/^[!-~]{1,64}@bounces\.clinic\.example$/);
  expect(readSrs(OURS, address, NOW)).toEqual({ kind: "returned", deliveryId: 12_345, sender: null });
});

test("upper and lower case make no difference, any other change does", () => {
  const address = srsSender(OURS, "pat@home.example", 12_345, NOW);
  expect(readSrs(OURS, address.toUpperCase(), NOW)).toMatchObject({ kind: "returned", deliveryId: 12_345 });
  const local = address.slice(0, address.indexOf("@"));
  for (let at = "SRS0=".length; at < local.length; at++) {
    const other = local[at] === "a" ? "b" : "a";
    const changed = `${local.slice(0, at)}${other}${local.slice(at + 1)}@${OURS.domain}`;
    expect([changed, readSrs(OURS, changed, NOW)?.kind]).toEqual([changed, "forged"]);
  }
});

test("another key, another scheme and nonsense are forged; other addresses are none of it", () => {
  expect(readSrs({ ...OURS, key: "ff".repeat(32) }, srsSender(OURS, "a@b.example", 1, NOW), NOW)?.kind).toBe("forged");
  expect(back("a@b.example", 0, (address) => address.replace("SRS0", "SRS1"))?.kind).toBe("forged");
  expect(readSrs(OURS, "SRS0=@bounces.clinic.example", NOW)?.kind).toBe("forged");
  expect(readSrs(OURS, "srs1-a=b=c=d@Bounces.Clinic.Example", NOW)?.kind).toBe("forged");
  for (const address of ["billing@bounces.clinic.example", "SRS0=a=b=c=d@elsewhere.example", "SRS0=x", ""])
    expect(readSrs(OURS, address, NOW)).toBeNull();
});

test("it is good for three weeks, over the turn of the day stamp too", () => {
  for (const start of [NOW, 1023 * DAY_MS, 2047 * DAY_MS + 1]) {
    const address = srsSender(OURS, "a@b.example", 1, start);
    const after = (days: number) => readSrs(OURS, address, start + days * DAY_MS)?.kind;
    expect([-1, 0, 1, SRS_DAYS_MAX, SRS_DAYS_MAX + 1, 400].map(after)).toEqual([
      ...["returned", "returned", "returned", "returned"],
      ...["expired", "expired"],
    ]);
  }
});
