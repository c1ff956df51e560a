// Which words stand in a sentence that asks.

import { expect, test } from "vitest";
import { askedPlaces } from "../src/classify/asking.ts";
import { featureReader, stemReader } from "../src/classify/features.ts";
import { hear } from "../src/classify/hear.ts";
import { words } from "../src/classify/words.ts";
import { messageSaying } from "./support/blank.ts";

function asked(text: string): string {
  const found = words(text);
  return askedPlaces(found, text, text.length)
    .map((place) => found.text[place])
    .join(" ");
}

test.each([
  ["The bill came on Monday. Could you move my visit? Thanks.", "could you move my visit"],
  ["My chart shows a fever. I never had one", ""],
  ["it says balance due\nplease reset my password\nbob", "please reset my password"],
  ["Is Tuesday free?", "is tuesday free"],
  ["La factura llegó ayer. ¿Pueden cambiar mi cita? Gracias", "pueden cambiar mi cita"],
  ["necesito una copia de mi expediente", "necesito una copia de mi expediente"],
  ["I'd like a refund", "id like a refund"],
  ["It looks like a rash. Dr. Ames could you look at bob@example.net", "dr ames could you look at bob example net"],
  ["I take 2.5 mg. Is that much :) ?", "is that much"],
  ["", ""],
  ["?", ""],
])("%s", (text, words) => {
  expect(asked(text)).toBe(words);
});

test("a line that the mail program has broken goes on, a short one ends", () => {
  const long = "I have been a patient of yours for eleven years and I would like\nto have my records sent to Boise.";
  expect(asked(long)).toMatch(/^i have .* to boise$/);
  expect(asked("I would like\nmy records")).toBe("i would like");
});

test("a question mark of what stands behind is not that of the text", () => {
  expect(askedPlaces(words("Thanks Bob\n? other", 0, 10), "Thanks Bob\n? other", 10)).toEqual([]);
});

test("such words are features of their own beside those of the text", () => {
  const stems = stemReader();
  const rows = (text: string) => featureReader("k").features(stems(hear(messageSaying(text)), "en")).rows.length;
  expect(rows("please refund it")).toBe(rows("zebras refund it") + 3);
});
