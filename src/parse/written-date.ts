// Dates as mail programs print them for people: "Wed, Oct 27, 2021 at 9:31 AM", "26 de octubre de 2021, 14:25:08 EEST",
// "2021. október 26.", "2022年9月19日". What can be read two ways is not read.

/** A printed date is shorter, in characters. */
const DATE_CHARS_MAX = 120;

/** January to December, by language; words and short forms mail programs use. Case and dots do not matter. */
const MONTHS: readonly string[] = [
  "january jan|enero ene|janvier janv|januar jänner|gennaio gen|janeiro|januari|tammikuuta tammikuu tammi|stycznia styczeń sty|ledna leden led|januára január jan|siječnja sij|január|ianuarie ian|января янв|січня січ|ocak oca|jaanuar|gener",
  "february feb|febrero|février févr fév|februar|febbraio|fevereiro fev|februari|helmikuuta helmikuu helmi|lutego luty lut|února únor úno|februára február|veljače velj|február febr|februarie|февраля февр фев|лютого лют|şubat şub|veebruar veebr|febrer",
  "march mar|marzo|mars|märz mär|março|maart mrt|maaliskuuta maaliskuu maalis|marca marzec|března březen bře|marca marec|ožujka ožu|március márc|martie|марта мар|березня бер|mart|märts|març",
  "april apr|abril abr|avril avr|aprile|huhtikuuta huhtikuu huhti|kwietnia kwiecień kwi|dubna duben dub|apríla apríl|travnja tra|április ápr|aprilie|апреля апр|квітня квіт|nisan nis|aprill",
  "may|mayo|mai|maj|maggio mag|maio|mei|maí|toukokuuta toukokuu touko|maja|května květen kvě|mája máj|svibnja svi|május|mai|мая май|травня трав|mayıs|maig",
  "june jun|junio|juin|juni|giugno giu|junho|kesäkuuta kesäkuu kesä|czerwca czerwiec cze|června červen|júna jún|lipnja lip|június|iunie iun|июня июн|червня черв|haziran haz|juuni|juny",
  "july jul|julio|juillet juil|juli|luglio lug|julho|heinäkuuta heinäkuu heinä|lipca lipiec lip|července červenec|júla júl|srpnja srp|július|iulie iul|июля июл|липня лип|temmuz tem|juuli|juliol",
  "august aug|agosto ago|août|augusti|augustus|elokuuta elokuu elo|sierpnia sierpień sie|srpna srpen srp|augusta|kolovoza kol|augusztus|august|августа авг|серпня серп|ağustos ağu|agost",
  "september sep sept|septiembre|septembre|settembre set|setembro|syyskuuta syyskuu syys|września wrzesień wrz|září|septembra|rujna ruj|szeptember szept|septembrie|сентября сент сен|вересня вер|eylül eyl|setembre",
  "october oct|octubre|octobre|oktober okt|ottobre ott|outubro out|lokakuuta lokakuu loka lokak|października październik paź|října říjen říj|októbra október|listopada lis|október|octombrie|октября окт|жовтня жовт|ekim eki|oktoober|octubre",
  "november nov|noviembre|novembre|novembro|marraskuuta marraskuu marras|listopada listopad lis|listopadu|novembra|studenoga studenog stu|noiembrie noi|ноября нояб ноя|листопада лист|kasım kas",
  "december dec|diciembre dic|décembre déc|dezember dez|dicembre|dezembro|joulukuuta joulukuu joulu|grudnia grudzień gru|prosince prosinec pro|decembra|prosinca|decembrie|декабря дек|грудня груд|aralık ara|detsember dets|desember des|desembre|december",
];

/** Month 0 to 11 by word; null where languages disagree (listopada is October in Croatian, November in Polish). */
const MONTH_OF: ReadonlyMap<string, number | null> = monthWords();

/** Hours a named zone is ahead of UTC. */
const ZONES: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...{
      utc: 0,
      gmt: 0,
      z: 0,
      wet: 0,
      west: 1,
      bst: 1,
      cet: 1,
      mez: 1,
      seč: 1,
      cest: 2,
      mesz: 2,
      selč: 2,
      eet: 2,
      oez: 2,
    },
    ...{
      eest: 3,
      oesz: 3,
      msk: 3,
      est: -5,
      edt: -4,
      cst: -6,
      cdt: -5,
      mst: -7,
      mdt: -6,
      pst: -8,
      pdt: -7,
      jst: 9,
      kst: 9,
    },
  }),
);

/** Milliseconds since 1970 of a printed date; without a zone as if it were UTC. Null when it cannot be read surely. */
export function readWrittenDate(written: string): number | null {
  if (written === "" || written.length > DATE_CHARS_MAX) return null;
  const text = written
    .normalize("NFC")
    .toLowerCase()
    .replaceAll("\u0307", "")
    .replaceAll(/[\u00a0\u202f]/gu, " ")
    .replaceAll(/[年月년월]\s*/gu, "-")
    .replaceAll(/[日일]/gu, " ");
  const day = readDay(text);
  if (day === null) return null;
  const rest = text.replace(day.text, " ");
  const time = readTime(rest);
  const minutes = time.minutes - readZone(time.rest) * 60;
  const at = new Date(Date.UTC(day.year, day.month, day.day));
  const real = at.getUTCMonth() === day.month && at.getUTCDate() === day.day;
  return real ? at.getTime() + minutes * 60_000 + time.seconds * 1000 : null;
}

type Day = { readonly year: number; readonly month: number; readonly day: number; readonly text: string };

function readDay(text: string): Day | null {
  const iso = /\b(\d{4})[-/.] ?(\d{1,2})[-/.] ?(\d{1,2})\b/u.exec(text);
  if (iso !== null) return { year: Number(iso[1]), month: Number(iso[2]) - 1, day: Number(iso[3]), text: iso[0] };
  const named = namedDay(text);
  if (named !== null) return named;
  const short = /\b(\d{1,2})([-/.]) ?(\d{1,2})[-/.] ?(\d{4}|\d{2})(?![\d:])/u.exec(text);
  return short === null ? null : numericDay(short, /\b[ap]\.? ?m\b/u.test(text));
}

/** 28/10/2021, 10/28/21, 28.10.2021; 02/10/2023 only when AM or PM says that it is American. */
function numericDay(match: RegExpExecArray, american: boolean): Day | null {
  const [text, one, sign, two, last] = match;
  const first = Number(one);
  const second = Number(two);
  const year = Number(last) + ((last ?? "").length === 2 ? 2000 : 0);
  if (first > 12 || sign === ".") return { year, month: second - 1, day: first, text };
  if (second > 12 || american) return { year, month: first - 1, day: second, text };
  return first === second ? { year, month: first - 1, day: first, text } : null;
}

/** A month by name with a year of four digits and a day beside it. */
function namedDay(text: string): Day | null {
  for (const word of text.matchAll(/\p{L}+/gu)) {
    const month = MONTH_OF.get(word[0]);
    if (month === undefined || month === null) continue;
    const end = word.index + word[0].length;
    const before = /(?:(\d{4})\.? )?(?:(\d{1,2})(?:\.|st|nd|rd|th|er|º)? ?(?:de |d')?)?-?$/u.exec(
      text.slice(0, word.index),
    );
    const after = /^[. ,-]*(?:(?:de|del|of) )?(?:(\d{1,2})(?:st|nd|rd|th|\.)?(?![\d:])[ ,.]*)?(\d{4})?/u.exec(
      text.slice(end),
    );
    const year = before?.[1] ?? after?.[2];
    const day = before?.[2] ?? after?.[1];
    if (year === undefined || day === undefined) continue;
    const from = word.index - (before?.[0].length ?? 0);
    return { year: Number(year), month, day: Number(day), text: text.slice(from, end + (after?.[0].length ?? 0)) };
  }
  return null;
}

type Time = { readonly minutes: number; readonly seconds: number; readonly rest: string };

function readTime(text: string): Time {
  const match = /(\d{1,2})[:.h](\d{2})(?:[:.](\d{2}))?/u.exec(text);
  if (match === null) return { minutes: 0, seconds: 0, rest: "" };
  const rest = text.slice(match.index + match[0].length);
  const late = /^\s*p\.? ?m\b/u.test(rest) || /下午|오후|午後/u.test(text);
  const early = /^\s*a\.? ?m\b/u.test(rest) || /上午|오전|午前/u.test(text);
  const hour = Number(match[1]);
  const hours = late && hour < 12 ? hour + 12 : early && hour === 12 ? 0 : hour;
  return { minutes: hours * 60 + Number(match[2]), seconds: Number(match[3] ?? 0), rest };
}

/** Hours ahead of UTC as written behind the time; 0 when nothing is said. */
function readZone(rest: string): number {
  const offset = /([+-])(\d{1,2}):?(\d{2})?\b/u.exec(rest);
  if (offset !== null) return Number(`${offset[1]}1`) * (Number(offset[2]) + Number(offset[3] ?? 0) / 60);
  for (const word of rest.match(/\p{L}+/gu) ?? []) {
    const zone = ZONES.get(word);
    if (zone !== undefined) return zone;
  }
  return 0;
}

function monthWords(): Map<string, number | null> {
  const words = new Map<string, number | null>();
  for (const [month, list] of MONTHS.entries()) {
    for (const word of list.split(/[ |]/u)) {
      const other = words.get(word);
      words.set(word, other === undefined || other === month ? month : null);
    }
  }
  return words;
}
