// In which language a text is written, by the small words no sentence can do without and by letters only some use.
// Only en and es are asked for; fr, pt, it and de are told apart so that they are not taken for these, and some others
// so that they are taken for none.

/** Characters looked at: what a person writes in a language shows on the first page. */
const CHARS_MAX = 4_000;

/** Small words of a language, as they are written; they count without their accents too. */
const WORDS = {
  en: `the a an and or but not no yes of to in on at by with from for about into after before since until because than
    then there here this that these those what when where which who whose how why if so as also just still again any
    some all every other is are was were be been being am have has had do does did will would can could should may
    might must i you he she it we they me him her us them my your his its our their mine please thanks thank hello hi
    dear regards sincerely good morning need want know get got called told don didn doesn isn wasn won couldn t s m ll
    ve re up out off over very more most only now today tomorrow yesterday week month`,
  es: `el la los las un una unos unas y o u de del al a en con por para sin sobre entre hasta desde que qué quien quién
    cual cuál cuando cuándo donde dónde como cómo cuanto cuánto porque pero si sí no ni ya muy más menos también tampoco
    yo tú él ella usted ustedes nosotros ellos ellas me te se le les lo nos mi mis tu tus su sus nuestro nuestra este
    esta esto estos estas ese esa eso es son soy está están estoy estamos estaba fue fueron fui era ser sea ha he han
    hay hemos había tengo tiene tienen tenemos tener tuve puedo puede pueden podemos podría poder quiero quiere quisiera
    necesito necesita necesitamos hace hacer hizo debo favor gracias hola buenos buenas días tardes saludos señor señora
    hijo hija mamá papá hoy mañana ayer ahora todavía aún otro otra todo toda todos algo alguien nada cada semana mes
    dice dijo dijeron llegó siento olvidé entiendo ayuda cita cuenta dolor seguro pagar cobro cobraron dos tres vez
    veces mismo misma`,
  fr: `le la les un une des du de d l au aux et ou où à en dans avec pour par sans sur sous entre chez que qui quoi
    quand comment pourquoi parce mais si ne pas plus moins aussi je j tu il elle on nous vous ils elles me te se lui
    leur y mon ma mes ton ta tes son sa ses notre nos votre vos ce cet cette ces c est sont suis êtes sommes était être
    ai as a avons avez ont avait avoir fait faire peux peut pouvez veux voudrais besoin dois bonjour merci salut
    cordialement madame monsieur très bien été qu n s m t svp plaît depuis encore toujours aujourd hui demain hier`,
  pt: `o a os as um uma uns umas e ou de do da dos das em no na nos nas ao aos à às com por para pelo pela sem sobre
    entre até desde que quem qual quando onde como porque mas se não nem já muito mais menos também eu tu ele ela você
    vocês nós eles elas me te lhe lhes meu minha meus minhas seu sua seus suas nosso nossa este esta isto esse essa isso
    é são sou está estão estou estava foi foram fui era ser ter tenho tem têm tinha temos posso pode podem poderia quero
    gostaria preciso precisa fazer fez favor obrigado obrigada olá bom boa dia tarde senhor senhora filho filha hoje
    amanhã ontem agora ainda há consulta conta ajuda seguro pagar vez vezes mesmo mesma`,
  it: `il lo la i gli le un uno una e ed o di del dello della dei degli delle a al allo alla ai alle da dal dalla in nel
    nella con per su sul sulla tra fra che chi cosa quando dove come perché ma se non né già molto più meno anche io tu
    lui lei noi voi loro mi ti ci vi si ne mio mia miei mie tuo tua suo sua nostro nostra questo questa questi queste
    quello quella è sono sei siamo era essere ho hai ha abbiamo hanno aveva avere posso può possono vorrei voglio
    bisogno devo fare fatto grazie buongiorno buonasera salve ciao saluti cordiali signor signora oggi domani ieri
    ancora c l d dell all nell sull quest`,
  de: `der die das den dem des ein eine einen einem einer eines und oder in im an am auf aus bei mit nach von vom zu zum
    zur für um über unter durch ohne gegen bis seit ich du er sie es wir ihr mich mir dich dir ihn ihm uns euch mein
    meine meinen meinem meiner dein ihre ihren ihrem sein seine unser unsere dieser diese dieses diesen dass ob wenn
    wann wo wie was wer warum weil aber nicht kein keine keinen nein ja auch noch schon sehr mehr so nur ist sind war
    waren bin hat habe haben hatte wird werden wurde kann können könnte möchte muss müssen soll will bitte danke hallo
    guten tag herr frau grüße freundlichen geehrte geehrter heute morgen gestern jetzt brauche`,
  nl: `de het een en van in is dat op te zijn met voor niet aan er om ook als bij nog naar dan heeft hebben heb ik je jij
    mijn u uw wij zij maar geen wat wel kan kunnen graag dank vriendelijke groet hoe dit deze worden wordt moet`,
  nordic: `og det er en et på som med til for ikke jag jeg och att är har av den inte hej takk tack mig min mitt vi kan om
    ett till från fra eg ved var men så de du om ska skal`,
  pl: "i w na z się nie jest do to że o jak co mam ale czy dla po od proszę dziękuję mnie mój moja",
  ro: "și în de la cu pe nu este sunt un o care pentru mai din am ați să că mulțumesc bună ziua vă rog meu mea",
  ca: "el la els les un una i de del amb per que és són no però més molt també jo meu meva tinc ha gràcies bon dia seva amb",
  la: `et in est non ut sed ad cum ex ac eu a vel quis nec enim sit amet dolor lorem ipsum aliquam pellentesque vestibulum
    nulla mauris donec morbi elit sem id at nunc tempor magna vitae`,
  tl: "ang ng sa na ako po ko mga ay ito hindi ang kay siya may para ninyo namin kayo salamat lang",
  vi: "tôi và của không có một cho bác được với",
  ht: "mwen ou li yo nan pou ki pa se ak gen yon ka te bonjou mèsi sa la m",
} as const;

/** Letters that only some languages have, and what one of them weighs for each. */
const LETTERS: readonly (readonly [letters: string, weight: number, languages: string])[] = [
  ["ñ¿¡", 3, "es"],
  ["ãõ", 3, "pt"],
  ["ß", 3, "de"],
  ["äöü", 1.5, "de nordic"],
  ["åøæ", 3, "nordic"],
  ["œ", 3, "fr"],
  ["ç", 1, "fr pt ca"],
  ["êôâî", 1, "fr pt"],
  ["è", 1, "fr it ca ht"],
  ["ìòù", 1.5, "it"],
  ["áíóú", 0.7, "es pt"],
  ["ăâîșțşţ", 2, "ro"],
  ["łąęśżźćń", 3, "pl"],
  ["đơưạảấầậẹếềểệịọốộớợủụứừữựỳ", 3, "vi"],
];

/** What a word weighs, by how many languages have it: a word of one language tells, one of five hardly. */
const WEIGHTS = [0, 3, 1.5, 0.8, 0.4, 0.2] as const;
/** What all evidence for a language must weigh at least: two telling words, or one and a letter. */
const WEIGHT_MIN = 4;
/** ... and a word of the text on the average: in a text of another language only stray words weigh. */
const WEIGHT_A_WORD_MIN = 0.45;
/** How far the best must be before the second. */
const LEAD_MIN = 1.6;

const ANSWERED = ["en", "es", "fr", "pt", "it", "de"] as const;
const LANGUAGES = Object.keys(WORDS);

/** Language, weight, language, weight ... */
type Weights = readonly number[];

const WORD_WEIGHTS = wordWeights();
const LETTER_WEIGHTS = letterWeights();

/** ISO 639-1 of the language a text is written in: en, es, fr, pt, it or de; null when it cannot be told. Linear. */
export function languageOf(text: string): string | null {
  const sums = new Float64Array(LANGUAGES.length);
  const lower = text.slice(0, CHARS_MAX).toLowerCase();
  let words = 0;
  let foreign = 0;
  let start = -1;
  for (let at = 0; at <= lower.length; at++) {
    const code = lower.charCodeAt(at); // NaN at the end
    if ((code >= 97 && code <= 122) || (code >= 0xc0 && code < 0x250)) {
      if (start < 0) start = at;
    } else {
      if (start >= 0) {
        words++;
        add(sums, WORD_WEIGHTS.get(lower.slice(start, at)));
      }
      start = -1;
      if (code >= 0x370) foreign++;
    }
    if (code > 0x7f) add(sums, LETTER_WEIGHTS.get(code));
  }
  // Signs of other scripts, dashes and emoji aside, stand for words of theirs.
  return answer(sums, words + foreign / 4);
}

function add(sums: Float64Array, weights: Weights | undefined): void {
  if (weights === undefined) return;
  for (let n = 0; n < weights.length; n += 2) {
    const language = weights[n] ?? 0;
    sums[language] = (sums[language] ?? 0) + (weights[n + 1] ?? 0);
  }
}

function answer(sums: Float64Array, words: number): string | null {
  let best = 0;
  let second = 0;
  let winner = -1;
  sums.forEach((sum, language) => {
    if (sum > best) {
      second = best;
      best = sum;
      winner = language;
    } else if (sum > second) second = sum;
  });
  if (best < WEIGHT_MIN || best < words * WEIGHT_A_WORD_MIN || best < second * LEAD_MIN) return null;
  return ANSWERED.find((language) => language === LANGUAGES[winner]) ?? null;
}

function wordWeights(): ReadonlyMap<string, Weights> {
  const spoken = new Map<string, Set<number>>();
  LANGUAGES.forEach((language, n) => {
    for (const word of WORDS[language as keyof typeof WORDS].split(/\s+/)) {
      for (const written of [word, word.normalize("NFD").replace(/\p{M}/gu, "")]) {
        spoken.set(written, (spoken.get(written) ?? new Set()).add(n));
      }
    }
  });
  return new Map(
    [...spoken].map(([word, languages]) => {
      const weight = WEIGHTS[Math.min(languages.size, WEIGHTS.length - 1)] ?? 0;
      return [word, [...languages].flatMap((language) => [language, weight])];
    }),
  );
}

function letterWeights(): ReadonlyMap<number, Weights> {
  const table = new Map<number, number[]>();
  for (const [letters, weight, languages] of LETTERS) {
    for (const letter of letters) {
      const weights = languages.split(" ").flatMap((language) => [LANGUAGES.indexOf(language), weight]);
      table.set(letter.charCodeAt(0), [...(table.get(letter.charCodeAt(0)) ?? []), ...weights]);
    }
  }
  return table;
}
