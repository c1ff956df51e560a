// What the model learns of one mail: its features, and whose it is, so that one writer's mails are told from others'.

import { writerPrint } from "../classify/adviser.ts";
import { type Features, featureReader, stemReader } from "../classify/features.ts";
import { hear } from "../classify/hear.ts";
import type { Message } from "../message.ts";

export type LessonOf = { readonly features: Features; readonly writer: Uint8Array | null };

/** Reads lessons under the key of the store (`modelKey`). The writer of a forward is who wrote the inner mail. */
export function lessonReader(key: string): (message: Message) => LessonOf {
  const stems = stemReader();
  const reader = featureReader(key);
  return (message) => {
    const { from, forward, language } = message;
    const address = (forward?.mails[0].from ?? from)?.address ?? "";
    return {
      features: reader.features(stems(hear(message), language)),
      writer: address === "" ? null : Buffer.from(writerPrint(key, address), "hex"),
    };
  };
}
