// Whether a mail is a bounce. Two independent signs are asked for, because people write of mail that came back, forward
// it and answer it; and one of them must be something people do not write: a structure, a sender, a header.

import { hasRecipients } from "./delivery-status.ts";
import type { KindInput } from "./kind.ts";
import { isDaemon, isNoReply, words } from "./refusal.ts";

/** How much of the text is looked at for a known phrase, in characters: bounces say it first, the returned mail comes after. */
const PHRASE_CHARS = 3_000;

/** As mail servers begin a subject. "Re:" and "Fwd:" before it make it a person's. */
const SUBJECT_WORDS = [
  "undeliver(?:ed|able)\\b(?:$|:| mail| message| e-?mail)",
  "(?:mail |message |e-?mail )?delivery (?:status )?(?:notification|failed|failure|has failed|problem|error|report|status|subsystem|incomplete)",
  "message delivery has failed",
  "e?mail delivery fail",
  "(?:mail|message|delivery) (?:failed|failure)(?:$|[,: ])",
  "fail(?:ure|ed) (?:notice|delivery|notification)",
  "returned (?:mail|message|to sender)",
  "mail (?:system )?error",
  "non[- ]?delivery (?:notification|report|notice)",
  "(?:delayed|undelivered) mail",
  "warning: (?:could not send|message|e?mail)",
  "(?:postmaster notify|notice: mail delivery)",
  "mail failed, returning",
  "(?:your )?(?:message|mail|e-?mail) (?:could not be|was not|not|cannot be|can't be) (?:delivered|sent)",
  "sorry, your (?:message|mail|e-?mail) could not be delivered",
  "there was an error sending your mail",
  "message you sent blocked",
  "\\*{2}message you sent",
  "considered unsolicited",
  "message (?:undeliverable|status - undeliverable|blocked|not delivered)",
  "no se puede entregar|no entregad[oa]|no se ha podido entregar|error (?:de|en la) entrega|correo (?:devuelto|no entregado)|mensaje (?:devuelto|no entregado)",
  "(?:aviso|notificaci[oó]n) de(?:l)? (?:estado de )?(?:la )?entrega|devoluci[oó]n de correo",
  "n[aã]o (?:foi )?(?:poss[ií]vel entregar|entregue)|falha na entrega|mensagem n[aã]o entregue",
  "non remis|remise impossible|[eé]chec de (?:la )?(?:remise|distribution|livraison)|courrier non d[eé]livr[eé]|message non (?:remis|distribu[eé])",
  "unzustellbar|nicht zustellbar|unzustellbarkeit|zustellung (?:fehlgeschlagen|nicht m[oö]glich)|fehler bei der zustellung|mailzustellung",
  "non recapitabile|mancato recapito|consegna (?:non riuscita|fallita)|impossibile recapitare",
  "onbestelbaar|niet (?:bezorgd|bestelbaar)|kan niet worden bezorgd",
  "kan inte levereras|olevererbart|kan ikke leveres|ikke leveret",
  "nie mo[zż]na dostarczy[cć]|niedostarczon",
  "недоставлен|не доставлено|ваше сообщение не доставлено",
  "配信不能|メールエラー通知|配信できません|メッセージを配信できません|メール送信エラー|無法傳遞|无法投递|退信|系统退信",
];
const SUBJECT = new RegExp(`^\\s*(?:\\[[^\\]]{1,40}\\]\\s{0,5}){0,3}\\**\\s*(?:${SUBJECT_WORDS.join("|")})`, "i");

/** As mail servers tell it, in the first lines. White space is one blank. */
const PHRASES = [
  "(?:could not|cannot|can not|couldn't|can't|has not|was not|not) be(?:en)? delivered",
  "(?:was|were) not delivered|wasn't delivered",
  "could not deliver|unable to deliver|wasn't able to deliver|trouble delivering|failed to deliver",
  "delivery (?:has failed|failed|to the following|of the following|status notification|failure|attempt)",
  "did not reach (?:the following|some or all)",
  "following (?:recipient|address|user)\\S{0,5} (?:could not|failed|had|was|were|has|have|returned|cannot)",
  "(?:addresses|recipients) had (?:permanent|transient|fatal|delivery)",
  "recipient\\S{0,5} (?:was|were) rejected",
  "transcript of session",
  "failure reasons|error message below|reason for (?:the )?failure",
  "returned to (?:the )?sender|undeliverable|non-delivery|mailbox (?:is )?full|over quota",
  "unknown user|user unknown|no such user|user\\S{0,3} account is disabled|invalid (?:user )?address|host unknown",
  "created automatically by mail delivery (?:software|system)",
  "automatically generated delivery status",
  "mail delivery (?:sub)?system|the mail system|qmail-send program",
  "will be retried|still being retried|delivery (?:is )?delayed|has been delayed",
  "no (?:se )?(?:pudo|ha podido|puede) (?:ser )?entrega|no se entreg[oó]|error de entrega",
  "n[aã]o (?:p[oô]de|foi poss[ií]vel) (?:ser )?entreg",
  "n'a pas pu [eê]tre (?:remis|distribu|d[eé]livr)|remise (?:a|de votre message a) [eé]chou",
  "konnte nicht zugestellt|nicht zugestellt werden|zustellung .{0,40}fehlgeschlagen",
  "non (?:[eè] stato possibile|pu[oò] essere) (?:recapita|consegna)|recapito non riuscito",
  "kon niet worden bezorgd|kunde inte levereras|kunne ikke leveres|nie zosta[lł]a dostarczon",
  "не может быть доставлен|не доставлено|не удалось доставить",
  "配信できません|送信できません|送信されませんでした|届けられません|エラーのため|見つかりません|無法傳送|无法投递|退信",
];
const PHRASE = new RegExp(PHRASES.join("|"), "i");

/** Where the returned mail begins: its words are not the bounce's. */
const RETURNED =
  /^[ \t>]{0,20}(?:-{2,}.{0,20}(?:copy of the|below this line|original message|unsent message|returned message|message header|header of the original|original mail info|original mail|returned mail|message follows)|original message (?:follows|headers)|message headers follow|included is a copy|(?:return-path|received|message-id|dkim-signature):)/im;

/** Whether the signs are enough, and where those stand that forbid an answer. */
type BounceSigns = { readonly isBounce: boolean; readonly refusing: readonly string[] };

/** The text of a bounce without the mail it returns. */
export function beforeReturned(text: string, limit: number): string {
  const beginning = text.slice(0, limit);
  const returned = beginning.search(RETURNED);
  return returned === -1 ? beginning : beginning.slice(0, returned);
}

/** The signs of a bounce. The null sender counts where Return-Path tells of it, but never alone (osTicket 3975). */
export function bounceSigns(input: KindInput): BounceSigns {
  const { header, from } = input;
  const firm: string[] = [];
  const isReport = header("content-type").some(isDeliveryReport);
  if (isReport) firm.push("content-type");
  if (input.reports.some(hasRecipients)) firm.push("text");
  if (header("x-failed-recipients").length > 0) firm.push("x-failed-recipients");
  if (isDaemon(from) || header("from").some(isNullPath)) firm.push("from");
  if (header("return-path").some(isNullPath)) firm.push("return-path");
  const hasSubject = SUBJECT.test(input.subject.slice(0, 200));
  const soft = hasSubject ? ["subject"] : [];
  // The text is only asked when something else speaks for a bounce: alone it cannot decide.
  if ((firm.length > 0 || hasSubject) && hasPhrase(input.text)) soft.push("text");
  const places = [...new Set([...firm, ...soft])];
  // A redirect can leave Return-Path blank on the mail of a person, who may well write of mail that did not arrive.
  const isHintOnly = firm.every((place) => place === "return-path") && !hasSubject && !isAutomatic(input);
  const isTold = firm.length + soft.length >= 2 && !isHintOnly;
  // A person who copies a bounce under its own subject is heard as a person; a robot stays silent all the same.
  const isBounce = isTold && (firm.length > 0 || isAutomatic(input));
  return { isBounce, refusing: isTold ? places : places.filter((place) => place === "x-failed-recipients") };
}

function isDeliveryReport(contentType: string): boolean {
  return (
    /^\s*multipart\/report\b/i.test(contentType) &&
    /\breport-type\s*=\s*"?\s*(?:global-)?delivery-status/i.test(contentType)
  );
}

/** `<>`, with or without a name before it. */
function isNullPath(value: string): boolean {
  return /<\s*>\s*$/.test(value.slice(-200));
}

/** Not signs of a bounce, but of a machine: they let subject and text together count. */
function isAutomatic({ header, from }: KindInput): boolean {
  return (
    (from !== null && isNoReply(from.address)) ||
    words(header, "auto-submitted").some((word) => word.startsWith("auto"))
  );
}

function hasPhrase(text: string): boolean {
  return PHRASE.test(beforeReturned(text, PHRASE_CHARS).replace(/\s+/g, " "));
}
