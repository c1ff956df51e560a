// The lines mail programs put under what is written on a phone: "Sent from my iPhone", "Get Outlook for iOS", in the
// languages of mail programs. Only whole lines of the programs' own words: "Sent from my phone, her fever is 40" is none.

/** Words of a tag line: "Sent via the Samsung Galaxy S22 Ultra 5G, an AT&T 5G smartphone" has eleven. */
const WORDS_MAX = 14;
const CHARS_MAX = 160;

/** How it begins; what is sent with must follow, with nothing but small words between. */
const SENT = [
  "sent (?:from|with|via|using)|via|enviad[oa] (?:desde|do|de|da|con|com|a través de|vía|via|por|pelo|mediante)|enviat (?:des de|amb)",
  "envoyé (?:de|depuis|à partir d[eu]|avec|via)|gesendet (?:von|mit|über|via)|von|diese (?:e-mail|nachricht) wurde von",
  "inviat[oa] (?:da|dal|con)|verzonden (?:vanaf|met|via|van)|verstuurd (?:vanaf|met|via)|skickat från|skickat med|sendt (?:fra|med|via)",
  "lähetetty|wysłan[eo] z|odeslán[oa] z|odoslan[ée] z|poslan[oé] [sz]|küldve|elküldve|trimis (?:de pe|de la|din|prin)",
  "отправлено (?:с|из)|послано (?:с|из)|надіслано з|відправлено з|στάλθηκε από(?: το)?|изпратено от|được gửi từ|gửi từ|dikirim dari",
  "נשלח מה|أُ?رسلت من|تم الإرسال من|مرسل من|发自我的|发自|發自我的|從我的|从我的|傳送自我的|傳送自|voye (?:de|sou)",
].join("|");
const SMALL =
  "my|our|the|a|an|all|new|mi|el|la|un|una|una|correo|electrónico|electronico|seguro|de|del|meu|minha|mon|ma|une|l'application|application|meinem|meiner|mein|der|dem|einem|einer|min|mit|mitt|mio|mia|mijn|mobil|sicheren|moj|mého|môjho|mojego|моего|мобильной|мого|mojeg|app|dispositivo|móvil|appareil|мобильного";
const THING =
  "iphon|ipad|ipod|android|samsung|galaxy|huawei|xiaomi|redmi|poco|motorola|moto|lg|nokia|blackberry|google pixel|pixel|oneplus|oppo|realme|sony|xperia|htc|windows|outlook|yahoo|aol|gmail|proton|tuta|tutanota|zoho|mailspring|spark|thunderbird|fairmail|k-9|k9|bluemail|hey|verizon|at&t|t-mobile|sprint|smartphone|mobile|phone|tablet|handy|mobiltelefon|móvil|movil|celular|cellulare|telefonino|smartphone|teléfono|telefono|téléphone|portable|telemóvel|device|dispositivo|aparelho|gerät|icloud|boxer|nine|gmx|web\\.de|mail\\.ru|yandex|яндекс|correo para windows|orange|libero|hotmail|cell|sparrow|mail (?:for|para|für|pour|per) windows";
const SENT_WITH = new RegExp(`^(?:${SENT})[ -]?(?:(?:${SMALL})\\s+){0,6}(?:${THING})\\p{L}*`, "iu");

/** Mail programs that ask to be fetched. */
const FETCH =
  /^(?:get|download|obten\p{L}*|descarg\p{L}+|télécharge[rz]|(?:laden|holen) sie(?: sich)?|ottieni|scarica|obte[rn]\p{L}*|baix\p{L}+|transferir|skaffa|hämta|hent|få|hanki|pobierz|získ\p{L}+|stáhn\p{L}+|скачать|outlook (?:für|voor|para|pour|for|per))(?: \p{L}{1,4})? ?(?:outlook|yahoo mail|aol|ios|android)\p{L}*/iu;

/** Words that may follow: names and numbers of things, and these. */
const FOLLOWS =
  /^(?:[\p{Lu}\d&(][\p{L}\d&()+.'/-]*|(?:smart)?phone|iphone|device|app|mail|e-?mail|secure|encrypted|correo|electrónico|seguro|wireless|network|mobile|tablet|handheld|on|for|an?|via|by|the|with|from|my|en|para|de|del|auf|für|mit|di|pour|sur|per|da|do|em|iOS|herunterladen|beziehen|gesendet|on|smartfon\p{L}*|i\p{Lu}\p{L}*|no|pro|för|til|voor|dla|pe|для|meu|ul|của|tôi|שלי|moi|mnie|[a-z]?\d+[a-z]?),?\.?$/u;

const GLUED =
  /^(?:iPhone|iPad|Android|Outlook|Yahoo|Galaxy|Samsung|나의 iPhone에서|나의 iPad에서)[\p{L}' -]{0,40}(?:から送信|보냄|gesendet|gönderildi|beziehen|herunterladen|downloaden|を入手|전송|다운로드|verstuurd|verzonden|送信|skickat|sendt|omból|emből)\.?$/iu;

/** An excuse for a small keyboard. */
const EXCUSE =
  /^(?:please )?(?:excuse|pardon|forgive|disculp\p{L}+|perdon\p{L}+)[^.?!,;]{0,30}(?:typos?|misspellings?|spelling errors|brevity|autocorrect|faltas de ortografía|brevedad|errores de (?:escritura|tipeo|dedo))\.?$/iu;

/** What any tag line begins with, behind dashes and a link: few lines get further, and looking at all of them is dear. */
const BEGINS = new RegExp(
  `^[\\s\\-–—*_|•~[<(]*(?:https?:|www\\.|${SENT}|get|download|obt|descarg|télécharge|laden|holen|ottieni|scarica|baix|transferir|skaffa|hämta|hent|få|hanki|pobierz|získ|stáhn|скачать|outlook|please|excuse|pardon|forgive|disculp|perdon|iphone|ipad|android|yahoo|galaxy|samsung|나의)`,
  "iu",
);

/** Whether a line is a mail program's own; links in brackets behind it are part of it. */
export function isTagLine(line: string): boolean {
  if (line.length > CHARS_MAX * 2 || line.length < 5 || !BEGINS.test(line)) return false;
  const bare = line
    .replace(/[<([]\s?(?:https?:|www\.)[^\s>)\]]{0,300}[>)\]]?/gi, " ")
    .replace(/https?:\/\/\S{1,300}/gi, " ")
    .replace(/[[\]]/g, " ")
    .replace(/\s+/g, " ")
    .replace(/^[\s\-–—*_|•~]+|[\s\-–—*_|•~]+$/g, "");
  if (bare.length > CHARS_MAX || bare.includes("?") || bare.split(" ").length > WORDS_MAX) return false;
  if (EXCUSE.test(bare) || GLUED.test(bare)) return true;
  const begins = SENT_WITH.exec(bare) ?? FETCH.exec(bare);
  if (begins === null) return false;
  const rest = bare.slice(begins[0].length).replace(/^[-,.' ]+/, "");
  return rest === "" || rest.split(" ").every((word) => FOLLOWS.test(word));
}
