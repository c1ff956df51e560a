// The lines mail programs put under what is written on a phone: "Sent from my iPhone", "Get Outlook for iOS", in the
// languages of mail programs. A whole line with the name of a thing that sends, never a sentence about one.

/** Words of a tag line: "Sent via the Samsung Galaxy S22 Ultra 5G, an AT&T 5G smartphone" has eleven. */
const WORDS_MAX = 14;
const CHARS_MAX = 160;

const SENT =
  /^(?:sent (?:from|with|via|using)|via|enviad[oa] (?:desde|do|de|da|con|com|a través|vía|via|por|pelo|mediante)|enviat (?:des|amb)|envoyé (?:de|depuis|à partir|avec|via)|gesendet (?:von|mit|über|via)|von mein\p{L}+|diese (?:e-mail|nachricht) wurde von mein|inviat[oa] (?:da|con|dal)|verzonden (?:vanaf|met|via|van)|verstuurd (?:vanaf|met|via)|skickat från|skickat med|sendt (?:fra|med|via)|lähetetty|wysłan[eo] z|odesláno z|odosl?a[ns][eo]?n?é? z|poslan[oé] [sz]|elküldve|küldve|trimis (?:de|din|prin)|отправлено (?:с|из)|послано|надіслано з|відправлено з|στάλθηκε από|изпратено от|được gửi|gửi từ|dikirim dari|נשלח|أُرسلت|أرسلت|تم الإرسال|مرسل من|发自|發自|從我的|从我的|傳送自|voye (?:de|sou))/iu;

/** Mail programs that ask to be fetched. */
const FETCH =
  /^(?:get|download|obten\p{L}*|descarg\p{L}+|téléchargez?|(?:laden|holen) sie|ottieni|scarica|obte[rn]\p{L}*|baix\p{L}+|transferir|skaffa|hent|få|hanki|pobierz|získ\p{L}+|stáhn\p{L}+|скачать|outlook (?:für|voor|para|pour|for|per))(?=[^\p{L}]).{0,30}(?:outlook|yahoo mail|aol)/iu;

const THING =
  /(?:^|[^\p{L}])(?:iphone|ipad|ipod|android|samsung|galaxy|huawei|xiaomi|redmi|motorola|moto|lg|nokia|blackberry|pixel|oneplus|oppo|xperia|htc|windows|outlook|yahoo|aol|gmail|proton|protonmail|tutanota|zoho|mailspring|spark|thunderbird|fairmail|k-9|k9|bluemail|hey|verizon|at&t|t-mobile|sprint|smartphone|mobile|phone|tablet|handy|mobiltelefon|móvil|movil|celular|celulare|cellulare|telefonino|teléfono|telefono|téléphone|portable|telemóvel|icloud|workspace one boxer|boxer|nine|gmx|web\.de|mail\.ru|yandex|orange|libero|hotmail|myMail|mail (?:for|para|für|pour|per) windows)/iu;

const GLUED =
  /(?:iPhone|iPad|Android|Outlook|Yahoo|Galaxy|Samsung|Windows)[\p{L}' -]{0,40}(?:から送信|보냄|gesendet|gönderildi|beziehen|herunterladen|ile gönderildi|-omból|downloaden|を入手|전송|다운로드|tarafından gönderildi|verstuurd|verzonden|送信|skickat|sendt)\.?$|^(?:iPhone|iPad)から送信|^나의 iPhone에서 보냄/iu;

/** A line about a mobile keyboard. */
const EXCUSE =
  /^(?:please )?(?:excuse|pardon|forgive|disculp\p{L}+|perdon\p{L}+)[^.?!]{0,40}(?:typo|spelling|brevity|autocorrect|errores|falt|brevedad)[^?!]{0,40}$/iu;

/** Whether a line is a mail program's own; links in brackets behind it are part of it. */
export function isTagLine(line: string): boolean {
  if (line.length > CHARS_MAX * 2 || line.length < 5) return false;
  const bare = line
    .replace(/[<([]\s?(?:https?:|www\.)[^\s>)\]]{0,300}[>)\]]?/gi, " ")
    .replace(/https?:\/\/\S{1,300}/gi, " ")
    .replace(/\s+/g, " ")
    .replace(/^[\s\-–—*_|•~[]+|[\s\-–—*_|•~\]]+$/g, "");
  if (bare.length > CHARS_MAX || bare.includes("?") || bare.split(" ").length > WORDS_MAX) return false;
  if (EXCUSE.test(bare)) return true;
  if (GLUED.test(bare)) return true;
  return (FETCH.test(bare) || (SENT.test(bare) && THING.test(bare))) && !/[.!] \p{L}/u.test(bare) && !/[:;]/.test(bare);
}
