// Lines phones and mail programs put under a mail, and lines people write that look like them.

import { expect, test } from "vitest";
import { isTagLine } from "../src/parse/tag-line.ts";

const TAG_LINES = `
Sent from my iPhone
Sent from my iPad
Sent from my Galaxy
Sent from my Verizon, Samsung Galaxy smartphone
Sent via the Samsung Galaxy S22 Ultra 5G, an AT&T 5G smartphone
Sent from my T-Mobile 4G LTE Device
Sent from Yahoo Mail on Android
Sent from Yahoo Mail for iPhone
Sent from Yahoo Mail. Get the app
Sent from the all new AOL app for iOS
Sent from AOL on Android
Sent from Mail for Windows 10
Sent from [Mail](https://go.example) for Windows
Sent from Outlook for Android<https://x.example>
Sent with Proton Mail secure email.
Sent from Proton Mail for iOS
Sent using Zoho Mail
Sent from Gmail Mobile
Sent with [Proton Mail](https://proton.example/mail/home) secure email.
Get Outlook for iOS
Get Outlook for Android<https://aka.ms/x>
Enviado desde mi iPhone
Enviado desde mi Galaxy
Enviado desde mi Samsung Mobile de Claro
Enviado desde Yahoo Mail para iPhone
Enviado desde Outlook para Android
Enviado desde mi dispositivo Samsung
Enviado desde Correo para Windows
Enviado con el correo electrónico seguro de Proton Mail.
Obtener Outlook para iOS
Descargar Outlook para Android
Enviado do meu iPhone
Obter o Outlook para iOS
Enviado do Yahoo Mail no Android
Envoyé de mon iPhone
Envoyé depuis mon mobile
Envoyé à partir de Outlook pour Android
Obtenir Outlook pour iOS
Télécharger Outlook pour Android
Von meinem iPhone gesendet
Gesendet von Mail für Windows
Gesendet mit der GMX Mail App
Von meinem Samsung Galaxy Smartphone gesendet.
Outlook für iOS beziehen
Holen Sie sich Outlook für iOS
Inviato da iPhone
Inviato dal mio dispositivo Android
Scarica Outlook per iOS
Verstuurd vanaf mijn iPhone
Skickat från min iPhone
Získat Outlook pro Android
Hämta Outlook för iOS
Sendt fra min iPhone
Lähetetty iPhonesta
Wysłane z iPhone'a
Odesláno z iPhonu
Отправлено с iPhone
Отправлено из мобильной Яндекс Почты
Надіслано з iPhone
iPhoneから送信
发自我的 iPhone
나의 iPhone에서 보냄
iPhone'umdan gönderildi
Được gửi từ iPhone của tôi
Trimis de pe iPhone-ul meu
נשלח מה-iPhone שלי
Please excuse any typos
via mobile`;

const WORDS_OF_PEOPLE = `
Sent from my phone, her fever is 40
Sent via fax from my phone the MRI order
Sent from my doctor's office last week
Sent from the phone of my daughter
Mobile phone: 555-1234
Get an appointment on Android app
Enviado por correo el lunes, no llegó
Enviado desde mi casa
Von meinem Arzt gesendet am Montag
Via phone they told me to write here
Disculpe la falta a la cita
Outlook for my knee?
Excuse me, I missed my appointment
Sent from heaven
Outlook is not good
5
iPhone`;

const lines = (text: string) => text.split("\n").filter(Boolean);

test.each(lines(TAG_LINES))("%s is a program's line", (line) => {
  expect(isTagLine(line)).toBe(true);
});

test.each(lines(WORDS_OF_PEOPLE))("%s stays", (line) => {
  expect(isTagLine(line)).toBe(false);
});
