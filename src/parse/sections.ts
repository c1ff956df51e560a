// Placeholder until the real one is here: header blocks of a forward, all else own or forwarded.
import type { Section } from "../message.ts";
import type { InlineForward } from "./forward.ts";
import type { HeaderBlock } from "./header-block.ts";

export function cutSections(text: string, _marks: readonly unknown[], _blocks: readonly HeaderBlock[], forward: InlineForward | null): readonly Section[] {
  if (text === "") return [];
  if (forward === null || forward.innerStart >= text.length) return [{ kind: "own", start: 0, end: text.length }];
  const head = forward.headers[0]?.start ?? 0;
  const sections: Section[] = [];
  if (head > 0) sections.push({ kind: "own", start: 0, end: head });
  if (forward.innerStart > head) sections.push({ kind: "forward-header", start: head, end: forward.innerStart });
  return [...sections, { kind: "forwarded", start: forward.innerStart, end: text.length }];
}
