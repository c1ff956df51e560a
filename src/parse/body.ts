// The body of a mail: which of its forms is read, what is what in it, and whose mail is passed on inside it.

import type { Defect, Forward, ForwardedMail, Message, Section, SectionKind } from "../message.ts";
import { readForward } from "./forward.ts";
import { findHeaderBlocks } from "./header-block.ts";
import { htmlText, type Mark } from "./html.ts";
import type { Mime } from "./mime.ts";
import { cutSections } from "./sections.ts";

/**
 * How much text is looked at, in characters. The longest letter a person writes has a tenth of this; a log file pasted
 * into a mail has more, and matching it would keep others waiting.
 */
export const TEXT_CHARS_MAX = 256 * 1024;

/** A few words only one form of a mail has are a greeting or "view in browser"; more may be what matters. */
const STRAY_WORDS = 2;
/** How certain a forward as an attachment is: the mail itself is there, though it may not name its sender. */
const ATTACHED_CONFIDENCE = { address: 1, name: 0.6, nobody: 0.3 } as const;

export type Body = {
  readonly text: string;
  readonly sections: readonly Section[];
  readonly forward: Forward | null;
};

type Form = { readonly text: string; readonly marks: readonly Mark[] };

/** What a person would read of the parts: plain text, HTML turned to text, or both where they do not say the same. */
export function readForms(mime: Mime): { readonly forms: readonly Form[]; readonly defects: readonly Defect[] } {
  const plain = formOf(mime.text, []);
  const invitation = formOf(mime.calendarText, []);
  if (mime.html === "") return { forms: someText([plain]) ?? [invitation], defects: [] };
  let isCut = false;
  const converted = (html: string): Form => {
    const { text, marks, cut } = htmlText(clean(html));
    isCut ||= cut;
    return formOf(text, marks);
  };
  const forms = mime.htmlBeside
    ? mime.passages.flatMap(({ plain, html }) => alternatives(formOf(plain, []), converted(html)))
    : alternatives(plain, converted(mime.html));
  return { forms: someText(forms) ?? [invitation], defects: isCut ? ["html-cut"] : [] };
}

/** Nothing behind the limit is looked at, so nothing costs more than that. */
function formOf(text: string, marks: readonly Mark[]): Form {
  const beginning = clean(text.slice(0, TEXT_CHARS_MAX));
  const within = marks.flatMap(({ kind, start, end }) =>
    start < beginning.length ? [{ kind, start, end: Math.min(end, beginning.length) }] : [],
  );
  return { text: beginning, marks: within };
}

/** Two forms of one letter: plain text is enough when it holds the words of the HTML, which is what a person sees. */
function alternatives(plain: Form, html: Form): readonly Form[] {
  const some = someText([html, plain]) ?? [];
  if (some.length < 2) return some;
  const inPlain = wordsIn(plain.text);
  const inHtml = wordsIn(html.text);
  if (missing(inHtml, inPlain) <= STRAY_WORDS) return [plain];
  return missing(inPlain, inHtml) <= STRAY_WORDS ? [html] : [html, plain];
}

function someText(forms: readonly Form[]): readonly Form[] | null {
  const some = forms.filter(({ text }) => text.trim() !== "");
  return some.length === 0 ? null : some;
}

function wordsIn(text: string): ReadonlySet<string> {
  const beginning = text.slice(0, TEXT_CHARS_MAX).replace(/\b(?:https?:|mailto:|cid:)\S+/gi, " ");
  return new Set(beginning.toLowerCase().match(/\p{L}{3,}/gu));
}

function missing(words: ReadonlySet<string>, among: ReadonlySet<string>): number {
  let count = 0;
  for (const word of words) if (!among.has(word)) count++;
  return count;
}

/** What the headers say of a body. */
type Head = {
  readonly subject: string;
  readonly isReply: boolean;
  /** Whom it is sent to, lower case: who answers one of them does not forward. */
  readonly recipients: readonly string[];
  /** It is a bounce or a report: the mail in or below it is what is brought back, which is history and not a forward. */
  readonly returned: boolean;
};

/** Cut the forms into sections, with what is attached below. */
export function readBody(forms: readonly Form[], head: Head, attached: readonly Message[]): Body {
  const { subject, isReply, recipients, returned } = head;
  const body = new Growing();
  let inline: Forward | null = null;
  for (const { text, marks } of forms) {
    const blocks = findHeaderBlocks(text);
    const forward = returned ? null : readForward(text, subject, blocks, isReply, recipients);
    body.add(text, cutSections(text, marks, blocks, forward));
    if (forward === null || inline !== null) continue;
    const note = text.slice(forward.note.start, forward.note.end);
    inline = { tier: "inline", mails: [forward.mail], note: note.trim(), confidence: forward.confidence };
  }
  const note = body.own();
  for (const message of attached) {
    body.add(`${message.subject}\n`, [
      { kind: returned ? "quoted" : "forwarded", start: 0, end: message.subject.length + 1 },
    ]);
    body.add(
      message.text,
      message.sections.map((section) => ({ ...section, kind: attachedKind(section.kind, returned) })),
    );
  }
  const { text, sections } = body;
  return { text, sections, forward: inline ?? (returned ? null : attachedForward(attached, note)) };
}

/** What the writer of an attached mail wrote is forwarded. */
function attachedKind(kind: SectionKind, returned: boolean): SectionKind {
  if (returned) return "quoted";
  return kind === "own" ? "forwarded" : kind;
}

function attachedForward(attached: readonly Message[], note: string): Forward | null {
  const [mail, ...others] = attached.flatMap(({ forward, ...message }) => forward?.mails ?? [headOf(message)]);
  if (mail === undefined) return null;
  const named = mail.from === null ? "nobody" : mail.from.address === "" ? "name" : "address";
  return { tier: "attached", mails: [mail, ...others], note, confidence: ATTACHED_CONFIDENCE[named] };
}

function headOf({ from, to, cc, subject, date }: Omit<Message, "forward">): ForwardedMail {
  return { from, to, cc, subject, date };
}

/** A text that grows by pieces, each on lines of its own, with the sections of the pieces; never longer than the limit. */
class Growing {
  text = "";
  sections: Section[] = [];

  add(piece: string, sections: readonly Section[]): void {
    const last = this.sections.at(-1);
    if (last !== undefined && !this.text.endsWith("\n") && this.text.length < TEXT_CHARS_MAX) {
      this.text += "\n";
      this.sections[this.sections.length - 1] = { ...last, end: this.text.length };
    }
    const offset = this.text.length;
    this.text += piece.slice(0, TEXT_CHARS_MAX - offset);
    for (const { kind, start, end } of sections) {
      const cut = Math.min(this.text.length, end + offset);
      if (start + offset < cut) this.sections.push({ kind, start: start + offset, end: cut });
    }
  }

  own(): string {
    const own = this.sections.filter(({ kind }) => kind === "own");
    return own
      .map(({ start, end }) => this.text.slice(start, end))
      .join("\n")
      .trim();
  }
}

/** NULs would end a string for some readers, and a lone surrogate cannot be written as UTF-8. */
export function clean(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}
