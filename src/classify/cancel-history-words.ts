// The words of history, English and Spanish, as `words` writes them. As with negation: what may stand near a cue is
// listed, and a word that is missing keeps the phrase.

import type { FoundCue } from "./cancel-stretch.ts";

const set = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/).filter((word) => word !== ""));

/** Say history by themselves. Longest first where one ends as another does. */
export const HISTORY_CUES: readonly { readonly words: readonly string[]; readonly why: FoundCue["why"] }[] = [
  ...["family history of", "family hx of", "fh of", "fhx of", "family history positive for"].map(somebodyElse),
  ...["antecedentes familiares de", "historia familiar de", "historial familiar de"].map(somebodyElse),
  ...["history of", "hx of", "h o", "used to have", "antecedentes personales de", "antecedentes de"].map(past),
  ...["antecedente de", "solia tener"].map(past),
];

function somebodyElse(cue: string) {
  return { words: cue.split(" "), why: "somebody-else" as const };
}

function past(cue: string) {
  return { words: cue.split(" "), why: "past" as const };
}

/** May stand left of "history of"; anything else ("two day", "recent", "acute") tells of now. */
export const HISTORY_LEFT = set(`
  a an past medical known remote with prior previous i he she we they pt patient and have has had also strong my his her the
  con tengo tiene tenia hay los sus mis unos y paciente presenta
`);
export const HISTORY_LEFT_DOUBTS = set(`
  presents presenting presented gives recent new short acute day days hour hours week weeks month months today now if whether
  acude presenta reciente
`);

/** Verbs of what is over. */
export const PAST_VERBS = set(`
  had suffered experienced survived got tuve tuvo tuvimos sufri sufrio padeci padecio dio
`);
/** A phrase that begins so brings its verb. */
export const PAST_HEADS = set(`
  had suffered overdosed collapsed fainted lost passed swallowed tuve tuvo sufri sufrio perdi perdio tome tomo
`);
export const DEATHS = set("died murio fallecio muere");

/** Between verb and phrase. */
export const PAST_FILLERS = set(`
  a an one two his her my mild minor small major massive big bad severe terrible first fatal mini silent un una dos su mi
  leve pequeno pequena fuerte grave masivo masiva primer primera cerebral
`);

/** Owners. */
export const MINE = set("my his her our mi mis su sus nuestra nuestro");
/** Relatives whose past is mostly family history. Not spouses and children: who writes of them is often with them. */
export const KIN = set(`
  mother father mom mum mommy dad daddy grandmother grandfather grandma grandpa aunt uncle brother sister cousin parents
  madre padre mama papa abuela abuelo tia tio hermano hermana primo prima
`);
export const PEOPLE = set(`
  i he she we patient pt wife husband son daughter child baby partner mother father mom mum dad yo el ella paciente esposa
  esposo hijo hija bebe pareja
`);
/** What happens once and is told for years; a collapse or a seizure told without a time may be minutes old. */
export const EVENTS = set(
  "stroke strokes attack attacks heart infarto infartos derrame derrames aneurysm clot embolism cancer",
);
/** In a phrase: happening now. */
export const JUST_NOW = set("having is are seizing unresponsive unconscious signs symptoms");

/** May follow a thing of the past. */
export const BEHIND_PAST = set("and y e as when cuando de a");

/** Anywhere around: it goes on, is back, is recent, or help is sought. */
export const ALIVE = set(`
  now again still today tonight since currently just moments minutes minute hour hours yesterday morning afternoon evening
  night nights day days week weeks recent recently lately another same similar like emergency urgent urgently asap help
  ambulance 911 worse worsening getting start started starts starting began begin begins happening happened happens came comes
  returned returns returning immediately quickly hurry sudden suddenly keeps keep this these scared worried afraid feel feels
  feeling symptom symptoms signs hurts hurt ongoing continues continue chest but however though although except until back
  ahora ahorita hoy otra vez todavia aun sigue siguen sigo desde nuevo nuevamente volvio vuelve vuelven regreso empezo empieza
  comenzo comienza ayuda auxilio urgente urgencia emergencia ambulancia recien reciente recientemente anoche ayer manana tarde
  noche hora horas minuto minutos rato dia dias semana semanas mismo misma igual peor acaba acabo esta este duele siento
  siente sintomas pero aunque miedo preocupada preocupado repite repitio more second third exact sensation went almost
  monday tuesday wednesday thursday friday saturday sunday lunes martes miercoles jueves viernes sabado domingo
`);
/** Behind it in the same sentence: the present. */
export const ALIVE_BESIDE = set(`
  is isnt are arent am im has hasnt hes shes cant cannot wont doesnt dont having have not unable looks seems says
  es estoy tiene tengo puede puedo no quedo
`);
/** Around a relative's trouble: somebody asks what to do. */
export const ADVICE = set(`
  what should call calling hospital er 911 room need needs come advise advice do doing que hago debo llamar llamo llame
  hospital hacer hacemos please
`);
/** Before a word that only sounds of now: "good morning", "would like", "buenas tardes". */
export const POLITE = set("good nice great would id buenos buenas buena buen have");
/** The sentence behind "my mother had a stroke." must have one of these; else it may be a call for help. */
export const ERRAND_WORDS = set(`
  form forms copy record records bill refill schedule reschedule appointment screening mammogram test risk checkup physical
  genetic thank thanks gracias cita factura copia receta formulario examen riesgo expediente
`);
