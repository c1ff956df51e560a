// Signatures at the end of what somebody wrote: under "-- ", or a closing with title, company and numbers under it.
// In doubt they stay: a name or a number under a patient's letter is part of it.

import { type Piece, written } from "./pieces.ts";

/** Pieces with words below a delimiter: a signature longer than this is more than a signature. */
const LINES_MAX = 12;
/** Pieces looked at, empty ones included: HTML puts empty lines between the lines of a signature. */
const PIECES_MAX = 48;
const LINE_CHARS_MAX = 120;
const NAME_WORDS_MAX = 5;
const PARTICLE = /^(?:de|del|la|las|los|y|e|da|do|dos|das|van|von|der|den|di|du|le|of|and|the|for|für|und|et)$/;
/** Lines with nothing but names: the person's, the department's. */
const NAMES_MAX = 2;
const SENTENCE_WORDS_MIN = 9;

/** Kinds of contact a block without delimiter must have. */
const KINDS_UNDER_CLOSING = 2;
const KINDS_ALONE = 3;

const RFC_DELIMITER = /^\s{0,3}-- \r?\n?$/;
const DELIMITER = /^(?:--|—|–|---)$/;
const RULE = /^[-_=*~—–]{3,}$/;

/** What tells whose mail it is: never cut. */
const IDENTITY =
  /(?<!\p{L})(?:DOB|D\.O\.B|date of birth|birth ?date|born|MRN|medical record|member(?:ship)? ?(?:id|#|no|number)|account ?(?:#|no|number|:|\d)|acct|policy ?(?:#|no|number|id|:|\d)|patient ?(?:id|#|no|number)|subscriber|group ?(?:#|no|number)|claim ?(?:#|no|number|id|:|\d)|insurance id|SSN|fecha de nacimiento|f\.? ?nac|fec\.? nac|nacid[oa]|historia cl[ií]nica|nº de |n\.º de |número de |póliza|expediente|DNI|NIE|NHC|CIP|NSS|CURP|afiliad[oa]|asegurad[oa]|date de naissance|née? le|dossier|assuré|sécurité sociale|geb\.|geboren|geburtsdatum|versicherten|patienten-?n|patientennummer|data de nasc|nascid[oa]|utente|prontuário|cartão|data di nascita|nat[oa] il|codice fiscale|tessera)/iu;

/** Somebody asks or tells something. */
const ASKS =
  /\?|(?<!\p{L})(?:please|pls|call me|text me|reply to me|need|needs|want|would like|can you|could you|help|urgent|asap|tomorrow|today|appointment|pain|refill|por favor|favor de|llám\p{L}+|necesit\p{L}+|quier\p{L}+|quisiera|urgente|mañana|cita|dolor|bitte|brauche|dringend|termin|s'il vous plaît|svp|merci de|besoin|rendez-vous|preciso|consulta|dor|vorrei|bisogno|appuntamento)(?!\p{L})/iu;
const FIRST_PERSON =
  /(?<!\p{L})(?:I|I['’]\p{L}+|[Mm]y|[Ww]e|[Oo]ur|[Yy]o|[Mm]i|[Tt]engo|[Ee]stoy|[Ii]ch|[Mm]ein\p{L}{0,2}|[Jj]e|[Jj]['’]ai|[Mm]on|[Ee]u|[Mm]eu|[Mm]inha|[Hh]o|[Mm]io|[Mm]ia)(?!\p{L})/u;

const CLOSING_WORDS =
  "best regards|kind regards|warm regards|warmest regards|regards|best wishes|best|sincerely|sincerely yours|yours sincerely|yours truly|respectfully|respectfully yours|cordially|cheers|many thanks|thanks|thank you|thank you so much|thanks so much|thanks again|thank you very much|thanks and regards|take care|with gratitude|un saludo|saludos|saludos cordiales|un cordial saludo|cordial saludo|cordialmente|atentamente|atte|le saluda atentamente|reciba un cordial saludo|gracias|muchas gracias|mil gracias|un abrazo|cordialement|bien cordialement|bien à vous|sincères salutations|salutations|merci|meilleures salutations|respectueusement|mit freundlichen grüßen|mit freundlichen gruessen|freundliche grüße|viele grüße|liebe grüße|beste grüße|mfg|lg|hochachtungsvoll|danke|atenciosamente|com os melhores cumprimentos|melhores cumprimentos|cumprimentos|obrigado|obrigada|cordiais saudações|um abraço|cordiali saluti|distinti saluti|saluti|un saluto|grazie|met vriendelijke groet|vriendelijke groet|med vänliga hälsningar|med venlig hilsen|mvh|с уважением";
const CLOSING = new RegExp(`^(?:${CLOSING_WORDS})[\\s,.!;:]{0,3}$`, "iu");

const CONTACT: Readonly<Record<string, RegExp>> = {
  phone: /(?:^|[^\d/])\+?\(?\d[\d().\s/-]{6,20}\d(?!\d)/,
  fax: /(?<!\p{L})fax(?!\p{L})/iu,
  email: /[^\s<>@]{1,64}@[^\s<>@]{1,255}/,
  web: /https?:\/\/|www\.|(?<![@\w.-])[\w-]{2,40}\.(?:com|org|net|example|health|clinic|care|med|es|fr|de|it|pt|mx)(?![\w@])/iu,
  title:
    /(?<!\p{L})(?:manager|director|directora|coordinator|coordinador|coordinadora|specialist|supervisor|assistant|asistente|secretary|secretaria|receptionist|recepcionista|nurse|enfermer[oa]|enfermeira|RN|LPN|MD|M\.D\.|DO|NP|PA-C|PhD|Ph\.D|MBA|LCSW|CPC|president|presidente|vice president|VP|CEO|CFO|CTO|head of|chief|gerente|responsable|jefe|jefa|administrativ[oa]|administrator|administrador|administradora|analyst|analista|engineer|technician|técnic[oa]|physician|therapist|pharmacist|farmacéutic[oa]|consultant|consultor|representative|clerk|liaison|counsel|attorney|paralegal|adjuster|officer|biller|leiter|leiterin|leitung|sekretariat|sachbearbeiter|sachbearbeiterin|facharzt|fachärztin|assistante|secrétaire|directeur|directrice|infirmier|infirmière|gestionnaire|coordinatrice|coordinateur|segretaria|responsabile|impiegat[oa]|direttore|direttrice|diretor|diretora|secretária|coordenador|coordenadora)(?!\p{L})/iu,
  company:
    /(?<!\p{L})(?:Inc|LLC|Ltd|GmbH|S\.A\.|S\.L\.|S\.p\.A|PLLC|P\.C\.|Corp|Corporation|Company|Hospital|Clinic|Clínica|Clinica|Klinik|Klinikum|Clinique|Praxis|Health|Healthcare|Medical|Insurance|Seguros|University|Universidad|Department|Dept|Departamento|Abteilung|Service|Services|Foundation|Center|Centre|Centro|Associates|Laboratory|Laboratorio|Pharmacy|Ospedale|Studio)(?!\p{L})/u,
  street:
    /\d{1,6}\s.{0,40}(?<!\p{L})(?:St|Street|Ave|Avenue|Road|Rd|Blvd|Boulevard|Suite|Ste|Lane|Ln|Drive|Way|rue)(?!\p{L})|(?<!\p{L})(?:Calle|C\/|Avda|Avenida|Av\.|Paseo|Plaza|Rua|Via|Viale|Piazza)\s.{1,40}\d|\p{L}(?:straße|strasse|str\.|weg|platz)\s\d{1,4}|(?<!\p{L})[A-Z]{2} \d{5}(?!\d)/u,
};
/** Kinds that a business has under its letters and a patient has not. */
const BUSINESS: ReadonlySet<string> = new Set(["fax", "web", "title", "company"]);

/** Where a signature begins that stands at the end of pieces `from`..`to`; `to` when there is none. */
export function signatureStart(text: string, pieces: readonly Piece[], from: number, to: number): number {
  const lines = lastLines(pieces, from, to);
  const delimited = underDelimiter(text, pieces, lines);
  if (delimited !== null) return delimited;
  return underClosing(pieces, lines) ?? bareBlock(pieces, lines) ?? to;
}

/** Whether a stretch marked as signature may be cut: nobody asks anything in it, nobody is named by it. */
export function maySign(words: readonly string[]): boolean {
  return !words.some((line) => IDENTITY.test(line.slice(0, LINE_CHARS_MAX * 4)) || speaks(line));
}

/** Indexes of the last pieces with words, last first. */
function lastLines(pieces: readonly Piece[], from: number, to: number): readonly number[] {
  const lines: number[] = [];
  for (const i of written(pieces, to - 1, -1, Math.max(from, to - PIECES_MAX))) {
    lines.push(i);
    if (lines.length > LINES_MAX) break;
  }
  return lines;
}

function underDelimiter(text: string, pieces: readonly Piece[], lines: readonly number[]): number | null {
  for (const [at, i] of lines.entries()) {
    const piece = pieces[i];
    if (piece === undefined) return null;
    const below = wordsOf(pieces, lines.slice(0, at));
    if (RFC_DELIMITER.test(text.slice(piece.start, Math.min(piece.end, piece.start + 10)))) {
      return below.some((line) => IDENTITY.test(line) || asks(line)) ? null : i;
    }
    if (DELIMITER.test(piece.words)) return below.length > 0 && below.every(isOfSignature) ? i : null;
    if (RULE.test(piece.words)) return below.length > 0 && signs(below, 1) ? i : null;
  }
  return null;
}

function underClosing(pieces: readonly Piece[], lines: readonly number[]): number | null {
  for (const [at, i] of lines.entries()) {
    const words = pieces[i]?.words ?? "";
    if (!CLOSING.test(words)) continue;
    const below = wordsOf(pieces, lines.slice(0, at));
    return signs(below, KINDS_UNDER_CLOSING) ? i : null;
  }
  return null;
}

/** A name and under it nothing but ways to reach a business; the first lines, without a number, stand right above. */
function bareBlock(pieces: readonly Piece[], lines: readonly number[]): number | null {
  let block = 0;
  let names = 0;
  for (const [at, i] of lines.entries()) {
    const words = pieces[i]?.words ?? "";
    const contact = kindsIn(words).length > 0;
    const joined = at === 0 || lines[at - 1] === i + 1;
    if (!mayStandInSignature(words) || (!contact && !(isName(words) && names < NAMES_MAX))) break;
    if (names > 0 && !joined) break;
    if (!contact) names++;
    block = at + 1;
  }
  const first = lines[block - 1];
  if (first === undefined || block < 3 || block === lines.length) return null;
  const above = pieces[lines[block] ?? -1]?.words ?? "";
  if (/[:：]$/.test(above) || isField(above)) return null;
  return signs(wordsOf(pieces, lines.slice(0, block)), KINDS_ALONE) ? first : null;
}

function wordsOf(pieces: readonly Piece[], lines: readonly number[]): readonly string[] {
  return lines.map((i) => pieces[i]?.words ?? "");
}

/** Lines that are a signature: short, nobody asking, at least one way to reach a business among so many kinds. */
function signs(lines: readonly string[], kindsMin: number): boolean {
  if (!lines.every(mayStandInSignature)) return false;
  const kinds = new Set(lines.flatMap(kindsIn));
  return kinds.size >= kindsMin && [...kinds].some((kind) => BUSINESS.has(kind));
}

function mayStandInSignature(line: string): boolean {
  return line.length <= LINE_CHARS_MAX && !IDENTITY.test(line) && !speaks(line) && !isField(line);
}

/** Below two dashes somebody may have typed: nothing but names and ways to reach them. */
function isOfSignature(line: string): boolean {
  return mayStandInSignature(line) && (isName(line) || kindsIn(line).length > 0);
}

function kindsIn(line: string): readonly string[] {
  if (line.length > LINE_CHARS_MAX) return [];
  return Object.entries(CONTACT).flatMap(([kind, pattern]) => (pattern.test(line) ? [kind] : []));
}

/** `Key: value` of a form, other than the keys signatures have. */
function isField(line: string): boolean {
  const key = /^(\p{L}[\p{L} ./#-]{0,30}):\s/u.exec(line)?.[1];
  return (
    key !== undefined &&
    !/^(?:t|tel|tél|tlf|tfno|teléfono|telefono|telefon|telefone|téléphone|phone|ph|mobile|mob|cell|móvil|movil|handy|office|direct|desk|main|fax|f|m|p|o|d|c|e|w|a|e-?mail|mail|correo|web|website|www|skype|ext|extension|pager|appointments|scheduling)$/iu.test(
      key.replace(/[. ]+$/, ""),
    )
  );
}

/** A name: each word begins with a capital letter. */
function isName(line: string): boolean {
  const words = line
    .replace(/[,.|&]/g, " ")
    .split(/\s+/)
    .filter((word) => word !== "" && !PARTICLE.test(word));
  return words.length <= NAME_WORDS_MAX && words.every((word) => /^\p{Lu}/u.test(word)) && !/[?!:]$/.test(line);
}

function asks(line: string): boolean {
  return ASKS.test(line.slice(0, LINE_CHARS_MAX * 4).replace(/https?:\/\/\S+/g, ""));
}

function speaks(line: string): boolean {
  const words = line.split(" ").length;
  return asks(line) || (words >= SENTENCE_WORDS_MIN && /[.!]$/.test(line)) || (words >= 4 && FIRST_PERSON.test(line));
}
