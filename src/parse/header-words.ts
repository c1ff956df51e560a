// The closed tables of words mail programs print around a forwarded or answered mail, in the languages they speak:
// labels of headers, words of separator lines, prefixes of subjects. Written as one sees them; looked up by `plainWords`.

/** A header that mail programs print into a forward or a reply. */
export type Label = "from" | "to" | "cc" | "date" | "subject" | "other";

/** en es fr de it pt nl da sv no fi pl cs sk hr hu ro ru uk tr et el bg lv lt sl ja zh ko he ar, in this order where a word is not shared. */
const LABELS: Readonly<Record<Label, string>> = {
  from: `From|De|Remitente|Enviado por|De la part de|Expéditeur|Von|Absender|Da|Mittente|Remetente|Van|Afzender|Fra|Afsender
    |Från|Avsändare|Avsender|Lähettäjä|Od|Nadawca|Odesílatel|Odosielateľ|Odosielatel|Šalje|Pošiljatelj|Pošiljatel|Feladó|Küldő
    |De la|Expeditor|Expeditorul|От|От кого|Отправитель|Від|Від кого|Відправник|Kimden|Gönderen|Saatja|Kellelt|Από
    |Nuo|Nork|Dari|Từ|Người gửi|送信元|差出人|送信者|发件人|寄件者|寄件人|發件人|보낸 사람|보낸사람|발신|מאת|من`,
  to: `To|Para|A|À|Pour|Destinataire|Destinataires|Destinatario|Destinatarios|An|Empfänger|Destinatário|Aan|Ontvanger|Til
    |Modtager|Till|Mottagare|Mottaker|Vastaanottaja|Vastaanottajat|Do|Adresat|Komu|Příjemce|Pre|Prima|Za|Primatelj|Címzett|Címzettek
    |Către|Destinatarul|Кому|Получатель|Одержувач|Kime|Alıcı|Kellele|Saaja|Προς|До|Kam|送信先|宛先|收件人|收件者|받는 사람|받는사람|수신|Per a|Nori|Kepada|Ke|Đến|Tới|Người nhận|אל|إلى`,
  cc: `Cc|CC|Bcc|Cci|CCO|Copie à|Copie|Con copia|Copia|Copia a|Copia para|Kopie|Kopie (CC)|Kopia|Kopi|Kopio|Dw|DW|UDW|Do wiadomości
    |Kópia|Skrytá kopie|Másolat|Másolatot kap|Titkos másolat|Копия|Копія|Bilgi|Koopia|Κοινοποίηση|Kopija|抄送|副本|密件抄送|参照|참조|עותק|نسخة|Cópia|Kopi til|Kopie aan`,
  date: `Date|Sent|Date Sent|Sent at|Received|Fecha|Enviado|Enviado el|Enviada el|Enviada em|Enviado em|Enviada|Data|Envoyé|Envoyé le|Date d'envoi|Datum|Gesendet
    |Gesendet am|Data invio|Inviato|Inviato il|Verzonden|Verzonden op|Dato|Sendt|Sendt dato|Skickat|Skickat den|Päivämäärä|Päiväys|Lähetetty|Wysłano
    |Wysłane|Odesláno|Odoslané|Poslano|Poslané|Dátum|Elküldve|Küldve|Dată|Data trimiterii|Trimis|Trimisă|Дата|Отправлено|Дата отправки|Відправлено|Надіслано
    |Tarih|Gönderilen|Gönderildi|Gönderme Tarihi|Kuupäev|Saadetud|Ημερομηνία|Στάλθηκε|Изпратено|Datums|Nosūtīts|Išsiųsta|Datum i vrijeme
    |日付|日時|送信日時|送信日|日期|发送时间|发送日期|寄件日期|傳送日期|時間|时间|보낸 날짜|날짜|일시|Enviat|Enviat el|Tanggal|Dikirim|Ngày|Đã gửi|תאריך|נשלח|التاريخ`,
  subject: `Subject|Asunto|Objet|Sujet|Betreff|Oggetto|Assunto|Onderwerp|Emne|Ämne|Aihe|Temat|Předmět|Predmet|Naslov|Zadeva|Tárgy
    |Subiect|Subiectul|Тема|Konu|Teema|Pealkiri|Θέμα|Относно|Temats|Tema|件名|主题|主旨|主題|标题|제목|Assumpte|Gaia|Perihal|Subjek|Chủ đề|Tiêu đề|נושא|الموضوع`,
  other: `Reply-To|Reply To|Responder a|Répondre à|Antwort an|Rispondi a|Antwoord aan|Antwoordadres|Svar til|Svara till|Vastausosoite|Odpowiedz do
    |Odpověď na|Odpovedať|Válaszcím|Răspuns către|Ответить|Yanıt Adresi|Yanıtla|返信先|回复|回覆|Importance|Importancia|Wichtigkeit|Importanza|Importância|Priority|Prioridad|Priorität
    |Sensitivity|Attachments|Attachment|Adjuntos|Datos adjuntos|Anlagen|Pièces jointes|Allegati|Anexos|Bijlagen|Message-ID|Organization|When|Where|Resent-From|Resent-To|Sender`,
};

const FORWARDED = `Forwarded message|Begin forwarded message|Start of forwarded message|Forwarded mail|Forwarded email|Forwarded by|Begin forwarded text|Forwarded text|Forwarded email message|Fwd.Msg
  |Mensaje reenviado|Inicio del mensaje reenviado|Comienza el mensaje reenviado|Correo reenviado|Message transféré|Début du message réexpédié|Début du message transféré|Message transmis|Message réexpédié
  |Weitergeleitete Nachricht|Anfang der weitergeleiteten Nachricht|Anfang der weitergeleiteten E-Mail|Weitergeleitete E-Mail|Weitergeleitete Mail|Messaggio inoltrato|Inizio messaggio inoltrato|Inizio del messaggio inoltrato
  |Mensagem encaminhada|Início da mensagem encaminhada|Mensagem reencaminhada|Início da mensagem reencaminhada|Doorgestuurd bericht|Begin doorgestuurd bericht|Doorgestuurde mail|Doorgestuurde e-mail
  |Videresendt meddelelse|Videresendt besked|Start på videresendt besked|Videresendt e-mail|Vidarebefordrat meddelande|Vidarebefordrat mejl|Vidarebefordrat mail|Vidarebefordrat brev|Videresendt melding|Videresendt e-post
  |Välitetty viesti|Välitetty viesti alkaa|Edelleenlähetetty viesti|Alkaa välitetty viesti
  |Wiadomość przesłana dalej|Przekazana wiadomość|Początek przekazywanej wiadomości|Treść przekazanej wiadomości|Wiadomość przekazana|Przesłana wiadomość
  |Přeposlaná zpráva|Začátek přeposílané zprávy|Preposlaná správa|Začiatok preposlanej správy|Proslijeđena poruka|Započni proslijeđenu poruku|Započni prosljeđenu poruku|Posredovano sporočilo
  |Továbbított üzenet|Továbbított levél kezdete|Továbbított levél|Mesaj redirecționat|Începe mesajul redirecționat|Mesaj transmis|Mesaj redirecţionat
  |Пересылаемое сообщение|Начало переадресованного сообщения|Перенаправленное сообщение|Пересланное сообщение|Пересланное письмо|Начало пересылаемого сообщения
  |Переслане повідомлення|Початок листа, що пересилається|Перенаправлене повідомлення|İletilen İleti|İletilmiş Mesaj|İleti başlangıcı|Yönlendirilen ileti|Yönlendirilmiş mesaj|İletilmiş ileti
  |Edastatud kiri|Edastatud sõnum|Edastatud e-kiri|Algab edastatud kiri|Προωθημένο μήνυμα|Препратено съобщение|Pārsūtīta ziņa|Persiųstas laiškas
  |メッセージを転送|転送されたメッセージ|転送メッセージ|转发的邮件|转发邮件|轉寄的郵件|轉寄郵件|已转发邮件|전달된 메시지|전달된 메일|הודעה שהועברה|رسالة معاد توجيهها`;

const ORIGINAL = `Original Message|Original Appointment|Original mail|Original email|Mensaje original|Correo original|Message d'origine|Message original|E-mail d'origine|Message initial
  |Ursprüngliche Nachricht|Originalnachricht|Original-Nachricht|Ursprüngliche E-Mail|Messaggio originale|Messaggio Originale|Mensagem original|Mensagem Original|Oorspronkelijk bericht|Origineel bericht
  |Oprindelig meddelelse|Original besked|Ursprungligt meddelande|Originalmeddelande|Opprinnelig melding|Alkuperäinen viesti|Wiadomość oryginalna|Oryginalna wiadomość|Původní zpráva|Pôvodná správa|Izvorna poruka|Originalna poruka
  |Eredeti üzenet|Mesaj original|Mesajul original|Исходное сообщение|Оригинальное сообщение|Оригінальне повідомлення|Вихідне повідомлення|Özgün İleti|Orijinal Mesaj|Orijinal İleti|Algne kiri|Originaalsõnum|Αρχικό μήνυμα|Оригинално съобщение
  |元のメッセージ|オリジナルメッセージ|原始邮件|原始郵件|原始訊息|원본 메시지|원본 메일|הודעה מקורית`;

/** White space, and the signs without width that mail programs leave behind. */
const SPACES = /[\s\u00a0\u200b-\u200f\u202a-\u202f\u2060\ufeff]+/u;

/** Label by its words as written and by its plain words. */
export const LABEL_OF: ReadonlyMap<string, Label> = new Map(
  (["other", "cc", "date", "subject", "to", "from"] as const).flatMap((label) =>
    list(LABELS[label]).flatMap((word): [string, Label][] => [
      [word, label],
      [plainWords(word), label],
    ]),
  ),
);

/** Kind of separator by its plain words. */
export const SEPARATOR_OF: ReadonlyMap<string, "forwarded" | "original"> = new Map([
  ...list(ORIGINAL).map((words): [string, "original"] => [plainWords(words), "original"]),
  ...list(FORWARDED).map((words): [string, "forwarded"] => [plainWords(words), "forwarded"]),
]);

/** How separators begin that go on with a name and a date: Lotus Notes, mutt, Horde. Plain words. */
export const SEPARATOR_LEADS: readonly string[] = list(
  `Forwarded by |Forwarded message from |Forwarded mail from |Weitergeleitet von |Weitergeleitete Nachricht von |Reenviado por
  |Mensaje reenviado de |Transféré par |Message transféré de |Inoltrato da |Messaggio inoltrato da |Encaminhado por |Doorgestuurd door `,
).map((lead) => `${plainWords(lead)} `);

/** Characters of the longest label: nothing longer needs looking up. */
export const LABEL_CHARS_MAX = Math.max(...[...LABEL_OF.keys()].map((word) => word.length)) + 4;

/** Words as they are looked up: lower case, composed, one space between, apostrophes straight. Short input only. */
export function plainWords(words: string): string {
  return words
    .normalize("NFC")
    .toLowerCase()
    .replaceAll("\u0307", "")
    .replaceAll("’", "'")
    .split(SPACES)
    .filter(Boolean)
    .join(" ");
}

function list(words: string): readonly string[] {
  return words.split("|").map((word) => word.trim());
}
