// Legal disclaimers and their relatives: confidentiality notices, footers of virus scanners, banners mail servers put
// on top. Known by several telling phrases in one paragraph, in the languages our mail comes in.

import { type Piece, written } from "./pieces.ts";

/** Pieces with words one notice has: the longest seen, two languages wrapped at 72 characters, has 40. */
const NOTICE_LINES_MAX = 60;
/** Pieces with words looked at for a banner on top, and how many one has. */
const BANNER_FROM_MAX = 3;
const BANNER_LINES_MAX = 6;
/** Characters of a paragraph that are looked at. */
const CHARS_MAX = 8_000;
/** Words of a footer known by one phrase. */
const FOOTER_WORDS_MAX = 60;

/** What it speaks about: itself. */
const ITSELF =
  /(?:this|the) (?:e-?mail|message|communication|transmission|fax|electronic|document)|attachments?|information (?:contained|in this|transmitted)|este (?:correo|mensaje|e-?mail|documento)|esta (?:comunicación|transmisión|mensagem|comunicação)|información contenida|archivos adjuntos|informaç(?:ão|ões) contidas?|ce (?:message|courriel|mail|courrier)|diese[rs]? (?:e-?mail|nachricht|mail)|quest[oa] (?:messaggio|e-?mail|comunicazione)|informazioni contenute/iu;
/** Phrases nobody writes by hand; one of them must be there. */
const CORE: readonly RegExp[] = [
  /intended (?:only |solely |exclusively )?(?:for|recipient)|(?:named|intended) (?:recipient|addressee)|solely for the use|only for the (?:use|person|addressee)|addressee/iu,
  /(?:a su|al|su|único|exclusivo|del) destinatario|destinatari[oa]s? (?:indicad|previst|final|real)|dirigid[oa] (?:exclusiv|únicamente|solamente|solo)|uso exclusivo/iu,
  /destinataires?|nur für den|(?:adressat|empfänger)|destinatári[oa]|destinatari[oa]?(?: indicat| in indirizzo)?/iu,
  /(?:may|might|can) contain|puede[n]? contener|contiene información|peut contenir|contient des informations|(?:kann|enthält|könn\p{L}+) .{0,60}(?:vertraulich|enthalten)|pode conter|contém informaç|può contenere|potrebbe contenere|contiene informazioni/iu,
  /prohibited|unauthori[sz]ed|prohibid|no autorizad|interdit|non autorisé|unbefugt|nicht gestattet|untersagt|proibid|não autorizad|vietat|non autorizz/iu,
];
const TELLING: readonly RegExp[] = [
  /confidential|confidencial|confidentiel|vertraulich|riservat|confidenzial/iu,
  /in error|by mistake|erroneously|por error|por equivocación|par erreur|irrtümlich|versehentlich|por engano|por erro|per errore/iu,
  /delete|destroy|elim[ií]n|b[oó]rr|destr[uú]|supprim|détrui|lösch|vernicht|apag|cancell|distrugg/iu,
  /privileged|protected health information|\bPHI\b|HIPAA|45 CFR|secreto profesional|RGPD|LOPD|GDPR|data protection|protección de datos|privilegiad|LGPD|Datenschutz|secret professionnel|privacy/iu,
  /notify (?:the|us)|contact the sender|advise the sender|notif[ií]|remitente|expéditeur|absender|remetente|mittente/iu,
  /disseminat|distribution|disclosure|copying|divulg|difusión|diffusion|weitergabe|verbreitung|reproduc|retransmission/iu,
];
const TITLE =
  /^\W*(?:confidentiality|confidential|legal|privacy|hipaa|important|email|e-mail)?\W*(?:notice|disclaimer|confidentiality note|confidentiality statement|privacy statement|legal notice|aviso (?:legal|de confidencialidad|de privacidad|de confidencialidade)|cláusula de confidencialidad|nota de confidencialidad|avis de confidentialité|vertraulichkeitshinweis|haftungsausschluss|disclaimer|avviso di riservatezza|nota di riservatezza|confidentiality|confidential|avertissement|advertencia legal|aviso)\b(?=\W|$)/iu;
/** A first line that can only begin a notice, also without an empty line above. */
const BEGINS =
  /^\W*(?:(?:this|the) (?:e-?mail|message|communication|transmission|information (?:contained|in this|transmitted))|este (?:correo|mensaje|e-?mail)|la información contenida|esta (?:comunicación|mensagem)|ce (?:message|courriel)|diese (?:e-?mail|nachricht)|quest[oa] (?:messaggio|e-?mail)|le informazioni contenute)/iu;

/** Footers by themselves, by two words that meet nowhere else: printing and nature, a mail and viruses. */
const FOOTERS: readonly (readonly [RegExp, RegExp])[] = [
  [
    /print|imprim|druck|stamp/iu,
    /(?:the|our) (?:environment|planet|earth|forest)|medio ?ambiente|meio ambiente|naturaleza|planeta|umwelt|environnement|planète|ambiente|save (?:a |the )?(?:tree|paper)/iu,
  ],
  [
    /virus|viren|malware/iu,
    /(?:this|the|incoming|outgoing) (?:e-?mail|message)|este (?:correo|mensaje|e-?mail)|esta mensagem|ce (?:message|courriel)|diese (?:e-?mail|nachricht)|quest[oa] (?:messaggio|e-?mail)|avast|avg\.com|mcafee|norton|eset |mimecast|mailscanner|messagelabs|barracuda|symantec|mail servers?/iu,
  ],
];
/** What people write and notices do not. */
const PERSON =
  /(?<!\p{L})(?:I|I['’]\p{L}+|[Mm]y|[Mm]ine|[Yy]o|[Mm]is?|[Tt]engo|[Ii]ch|[Mm]ein\p{L}{0,2}|[Jj]e|[Jj]['’]\p{L}+|[Mm]on|[Ee]u|[Mm]eu|[Mm]inha|[Ii]o|[Mm]io|[Mm]ia)(?!\p{L})/u;

const BANNER_OPENS =
  /^\W*(?:caution|warning|external|alert|notice|attention|be careful|precaución|atención|cuidado|advertencia|externo|aviso|attention|prudence|externe|achtung|vorsicht|extern|atenção|attenzione|esterno|this (?:e-?mail|message) (?:originated|was sent|came|is) (?:from |an )?(?:outside|external)|este (?:correo|mensaje) (?:proviene|se originó|procede|fue enviado)|you don't often get email from|no suele recibir correo)/iu;
const BANNER: readonly RegExp[] = [
  /originat\p{L}* (?:from )?(?:an )?(?:outside|external)|(?:sent|came|comes|received|is) from (?:an |someone |a sender )?(?:external sender|external source|outside)|external (?:e-?mail|sender|message)|(?:originó|proviene|procede|enviado).{0,20} fuera de|remitente externo|correo externo|(?:provenant|provient) de l['’]extérieur|expéditeur externe|von außerhalb|externe[rnm]? (?:absender|e-?mail)|fora da (?:organização|empresa|sua organização)|esterno all|proviene dall['’]esterno|don['’]t often get email|no suele recibir correo/iu,
  /do not click|don['’]t click|(?:clicking|click|open).{0,40}(?:links|attachments)|no (?:haga clic|abra|pulse)|ne cliquez pas|klicken sie (?:nicht|nur)|keine links|não clique|non cliccare|recogni[sz]e the sender|reconozca al remitente|content is safe|learn why this is important|aka\.ms\/learnabout/iu,
];
const BANNER_TAG =
  /^\W*\[?\W*(?:external|externo|externe|extern|esterno|ext|external (?:e-?mail|sender|message)|correo externo)\W*\]?\W*$/iu;

/** Where the notices begin that stand at the end of pieces `from`..`to`; `to` when there are none. */
export function noticeStart(pieces: readonly Piece[], from: number, to: number): number {
  const lines: number[] = [];
  let paragraph = "";
  for (let i = to - 1; i >= from && lines.length < NOTICE_LINES_MAX; i--) {
    const words = pieces[i]?.words ?? "";
    if (words === "" && lines.length > 0) break;
    if (words === "") continue;
    lines.push(i);
    paragraph = `${words} ${paragraph}`.slice(0, CHARS_MAX);
    const opens = TITLE.test(words) || BEGINS.test(words);
    if (opens && isNotice(paragraph)) return withTitle(pieces, from, i);
  }
  const first = lines.at(-1);
  return first !== undefined && isNotice(paragraph) ? withTitle(pieces, from, first) : to;
}

/** A title in a paragraph of its own belongs to the notice under it. */
function withTitle(pieces: readonly Piece[], from: number, start: number): number {
  for (const above of written(pieces, start - 1, -1, from)) {
    const words = pieces[above]?.words ?? "";
    return words.length < 60 && TITLE.test(words) ? above : start;
  }
  return start;
}

function isNotice(paragraph: string): boolean {
  const short = paragraph.split(" ").length <= FOOTER_WORDS_MAX;
  if (short && !PERSON.test(paragraph) && FOOTERS.some(([one, other]) => one.test(paragraph) && other.test(paragraph)))
    return true;
  if (paragraph.includes("?") || PERSON.test(paragraph) || !ITSELF.test(paragraph)) return false;
  const titled = TITLE.test(paragraph);
  const core = count(CORE, paragraph);
  const telling = count(TELLING, paragraph);
  return titled ? core + telling >= 2 : core >= 1 && core + telling >= 3;
}

function count(phrases: readonly RegExp[], paragraph: string): number {
  return phrases.filter((phrase) => phrase.test(paragraph)).length;
}

/** Pieces of a banner on top of pieces `from`..`to`: from the first up to, not including, the second; equal when there is none. */
export function bannerAt(pieces: readonly Piece[], from: number, to: number): readonly [number, number] {
  let seen = 0;
  for (const i of written(pieces, from, 1, to)) {
    if (++seen > BANNER_FROM_MAX) break;
    const words = pieces[i]?.words ?? "";
    if (BANNER_TAG.test(words)) return [i, i + 1];
    if (BANNER_OPENS.test(words)) return [i, bannerEnd(pieces, i, to)];
  }
  return [from, from];
}

/** The line after the last that warns; where the lines together do not, the banner is empty. */
function bannerEnd(pieces: readonly Piece[], start: number, to: number): number {
  let end = start;
  let joined = "";
  let lines = 0;
  for (let i = start; i < to && lines < BANNER_LINES_MAX; i++) {
    const words = pieces[i]?.words ?? "";
    if (words === "" && lines > 1) break;
    if (words === "") continue;
    lines++;
    const before = count(BANNER, joined);
    joined = `${joined} ${words}`.slice(0, CHARS_MAX);
    if (count(BANNER, words) > 0 || count(BANNER, joined) > before) end = i + 1;
  }
  const banner = pieces.slice(start, end).map(({ words }) => words);
  if (banner.some((words) => PERSON.test(words))) return start;
  return count(BANNER, joined) >= 2 || (lines === 1 && count(BANNER, joined) >= 1) ? end : start;
}
