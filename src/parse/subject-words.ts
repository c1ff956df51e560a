// What mail programs put in front of a subject: "Fwd:", "RV:", "WG:", "Re:", "AW:", "[EXTERNAL]". A closed table.

import { plainWords } from "./header-words.ts";

/** Prefixes of a mail passed on; VS is a forward in Danish and Norwegian and a reply in Finnish. */
const FORWARD = `fw fwd fwd.msg fvd rv rvd renv reenv reenvío reenviado tr trans transf i inoltro enc wg wtr doorst doorgestuurd fs vb vl vidarebefordrat
  videresend videresendt välitetty pd podaj dalej ilt yönl prosl prosljeđeno preposlané přeposláno továbbítás tov redir redirecționare пересл пер fwd
  пересылка πρθ προώθ edasi ed edastatud pārs pers chuyển tiếp yml 转发 轉寄 轉發 転送 전달 הועבר`;
const REPLY = `re res resp r rif rép rep ref aw antw antwort sv vs. svar bls odp odpověď odpoveď odg vá válasz răsp rasp ynt cevap yanıt на ha отв ответ
  відп απ απαντ atb ats vast vastaus 回复 回覆 答复 答覆 返信 회신 답장 תשובה השב رد`;

/** What the first prefix of a subject says; `vs` is the prefix two languages use differently. */
export type SubjectKind = "forward" | "reply" | "vs" | "none";

const KIND_OF: ReadonlyMap<string, SubjectKind> = new Map<string, SubjectKind>([
  ...words(FORWARD).map((word): [string, SubjectKind] => [word, "forward"]),
  ...words(REPLY).map((word): [string, SubjectKind] => [word, "reply"]),
  ["chuyển tiếp", "forward"],
  ["podaj dalej", "forward"],
  ["إعادة توجيه", "forward"],
  ["vs", "vs"],
]);

/** A prefix or a mark in brackets is shorter, in characters. */
const PREFIX_CHARS_MAX = 40;
/** Prefixes taken off one subject; a thread of years has a dozen. */
const PREFIXES_MAX = 50;

/** What the first prefix of a subject says. Marks such as "[EXTERNAL]" in front do not count. */
export function subjectKind(subject: string): SubjectKind {
  return firstPrefix(subject)?.kind ?? "none";
}

/** A subject without its prefixes and the marks before them. */
export function withoutPrefixes(subject: string): string {
  let at = 0;
  for (let count = 0; count < PREFIXES_MAX; count += 1) {
    const prefix = firstPrefix(subject.slice(at, at + 4 * PREFIX_CHARS_MAX));
    if (prefix === null) break;
    at += prefix.end;
  }
  return subject.slice(at).trim();
}

function firstPrefix(subject: string): { readonly kind: SubjectKind; readonly end: number } | null {
  const start = marksEnd(subject);
  const rest = subject.slice(start, start + PREFIX_CHARS_MAX);
  const colon = rest.search(/[:\uff1a]/u);
  if (colon === -1) return null;
  const kind = KIND_OF.get(plainWords(rest.slice(0, colon)).replace(/[\s.]*(?:\[\d+\]|\(\d+\)|\^\d+|\d+)?\.?$/u, ""));
  return kind === undefined ? null : { kind, end: start + colon + 1 };
}

/** Where a subject begins behind marks such as "[EXTERNAL]", "(EXT)" or "EXTERNAL:"; "[Fwd: x]" is no mark. */
function marksEnd(subject: string): number {
  let at = 0;
  for (let count = 0; count < PREFIXES_MAX; count += 1) {
    const rest = subject.slice(at, at + PREFIX_CHARS_MAX);
    const mark = /^\s*(?:\[[^\]:]*\]|\([^):]*\)|\{[^}:]*\}|ext(?:ern(?:al|o|e)?)?:|\*{2,}[\w ?-]*\*{2,}|[[\s])/iu.exec(
      rest,
    );
    if (mark === null) break;
    at += mark[0].length;
  }
  return at;
}

function words(list: string): readonly string[] {
  return list.split(/\s+/u);
}
