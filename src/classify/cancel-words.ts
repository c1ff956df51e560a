// The words by which a cancelled phrase is known, English and Spanish, as `words` writes them: lower case, no accents, no
// apostrophes. Lists of what may stand near a cue are lists of what is allowed: a word in none of them keeps the phrase.
// Leaving a word out costs a look at a mail, adding one may cost more: add only what can mean one thing.

const set = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/).filter((word) => word !== ""));

/** Complaints as nouns: what lists of negated things are made of. No adjectives: "denies fever, sweaty" says sweaty. */
export const COMPLAINTS = set(`
  fever fevers chill chills cough coughing nausea vomiting diarrhea diarrhoea constipation headache headaches migraine pain
  pains ache aches dizziness lightheadedness fainting syncope palpitations shortness breath breathing dyspnea sob cp doe
  swelling edema rash hives itching bleeding hemorrhage haemorrhage weakness numbness tingling fatigue sweating sweats
  diaphoresis wheezing seizure seizures stroke strokes attack attacks chest abdominal stomach arm leg jaw back neck throat
  heart belly tightness pressure discomfort trouble difficulty loss consciousness confusion vision speech slurred blurred
  blurry anaphylaxis overdose infection redness discharge injury trauma falls clots clot hematuria dysuria hematemesis melena
  hemoptysis nv nvd n v fiebre escalofrio escalofrios tos nausea nauseas vomito vomitos diarrea estrenimiento dolor dolores
  pecho cabeza abdomen estomago espalda garganta brazo pierna mareo mareos desmayo desmayos palpitaciones disnea falta aire
  dificultad respirar respiratoria sangrado sangrados hemorragia hemorragias hinchazon sarpullido ronchas picazon debilidad
  cansancio sudoracion convulsion convulsiones infarto derrame ataque ataques opresion presion confusion alergia alergias
  sobredosis perdida conocimiento conciencia molestia molestias problemas entumecimiento hormigueo
`);

/** Join the words of one complaint: "shortness of breath", "dolor en el pecho". */
export const GLUE = set("of in the to de del en el la al para");

/** May stand between a cue and the phrase. Not "new", "more", "severe", "other": "no new chest pain" leaves an old one. */
export const FILLERS = set(`
  any a an kind kinds type types sort of sign signs symptom symptoms evidence complaint complaints episode episodes un una
  ningun ninguna tipo clase signo signos sintoma sintomas senal senales episodio episodios de
`);

/** "No fever or chest pain" denies both. */
export const EITHER = set("or nor o u ni");
/** "No fever and chest pain" says nothing sure; "denies fever and chest pain" denies both. */
export const BOTH = set("and y e");

/** A line does not end with these, so what follows them on the next line belongs to them. */
export const OPEN_WORDS = set("or nor o u ni and y e of de for any a an un una have tengo tiene ningun ninguna");

/** A phrase that begins so is a statement, or brings its own negation: "no my chest hurts". */
export const STATEMENT_STARTS = set(`
  i im ive my he hes she shes his her it its they we you who there this that is am are was were be been being has have had
  having can cant cannot could couldnt will wont would do dont does doesnt did didnt not no never unable stopped took taken
  need needs want wants think feels feel wish might yo mi mis su sus me le se te nos el la los las lo es esta estan estoy no
  ya nunca tengo tiene tienen tuve tuvo siento siente quiero quiere puedo puede perdi perdio tome tomo dejo
`);

/** Spanish verbs and pronouns at the head of a phrase: "no [tengo dolor]", "no [me duele el pecho]". */
export const SPANISH_NOW = set("tengo tiene tienen hay siento siente presenta refiere");
export const SPANISH_ACHE = set("me le");
export const SPANISH_THEN = set("tuve tuvo perdi perdio se tome tomo");

/** After "is not", "isn't". */
export const STATES = set("having short unconscious unresponsive choking bleeding seizing dizzy coughing vomiting");
/** After "has not", "never". */
export const DONE = set("lost passed collapsed fainted had overdosed");

/** How far a cue reaches, and what it asks of the phrase. */
export type CueKind =
  /** A noun follows; lists with or. */
  | "plain"
  /** As plain; lists with and, and with commas alone, too. */
  | "strong"
  /** A noun follows; about the past, so the sentence must end there. */
  | "past"
  /** The phrase itself is the verb. */
  | "do-not"
  | "is-not"
  | "did-not"
  | "has-not"
  | "spanish-not";

const CUES: Readonly<Record<CueKind, readonly string[]>> = {
  plain: [
    ...["no", "without", "nor", "neither", "do not have", "does not have", "dont have", "doesnt have", "free of"],
    ...["am not having", "is not having", "are not having", "im not having", "isnt having", "not currently having"],
    ...["am not experiencing", "is not experiencing", "isnt experiencing", "im not experiencing", "absence of"],
    ...["no history of", "no hx of", "no h o", "no known history of", "no family history of", "no past history of"],
    ...["do not currently have", "does not currently have", "dont currently have", "ruled out", "no complaints of"],
    ...["sin", "no hay", "no tengo", "no tiene", "no tenemos", "no presenta", "no presento", "no refiere", "no siento"],
    ...[
      "no siente",
      "ni",
      "ni tengo",
      "ni tiene",
      "ni hay",
      "tampoco",
      "tampoco tengo",
      "tampoco tiene",
      "tampoco hay",
    ],
    ...["ningun", "ninguna", "nada de", "ausencia de", "se descarto", "descartaron", "no tengo nada de", "no sufre de"],
    ...["no tiene antecedentes de", "no tengo antecedentes de", "sin antecedentes de", "tampoco ningun"],
  ],
  strong: [
    ...[
      "denies",
      "denied",
      "denying",
      "deny",
      "denies having",
      "negative for",
      "denies any history of",
      "denies hx of",
    ],
    ...[
      "denies history of",
      "niega",
      "niego",
      "niegan",
      "nego",
      "niega tener",
      "niega antecedentes de",
      "negativo para",
    ],
  ],
  past: [
    ...["never had", "never experienced", "never suffered", "had no", "did not have", "didnt have", "have not had"],
    ...["has not had", "havent had", "hasnt had", "have had no", "has had no", "no tuve", "no tuvo", "no he tenido"],
    ...[
      "no ha tenido",
      "no tenia",
      "nunca tuve",
      "nunca tuvo",
      "nunca he tenido",
      "nunca ha tenido",
      "jamas he tenido",
    ],
    ...["jamas tuve", "jamas ha tenido"],
  ],
  "do-not": ["do not", "does not", "dont", "doesnt"],
  "is-not": ["am not", "is not", "are not", "im not", "hes not", "shes not", "isnt", "arent", "pt not", "patient not"],
  "did-not": ["did not", "didnt"],
  "has-not": ["have not", "has not", "havent", "hasnt", "have never", "has never", "never"],
  "spanish-not": ["no", "tampoco", "ni"],
};

/** A cue's words back to front behind its first, with its kind. */
export type Cue = { readonly words: readonly string[]; readonly kind: CueKind };

/** Cues by their last word, longest first. */
export const CUES_BY_LAST_WORD = cuesByLastWord();

function cuesByLastWord(): ReadonlyMap<string, readonly Cue[]> {
  const cues = (Object.keys(CUES) as CueKind[]).flatMap((kind) =>
    CUES[kind].map((each) => ({ words: each.split(" "), kind })),
  );
  cues.sort((one, other) => other.words.length - one.words.length);
  const found = new Map<string, Cue[]>();
  for (const cue of cues) {
    const last = cue.words.at(-1) ?? "";
    found.set(last, [...(found.get(last) ?? []), cue]);
  }
  return found;
}

/** After these cues a colon may stand: "Denies: chest pain, cough or fever". Not after "denied", which claims are. */
export const COLON_CUES = set("denies niega");

/** Left of a cue, in its clause: doubts, conditions, second negations, other times, claims that are denied. */
export const LEFT_DOUBTS = set(`
  if whether when whenever until till unless not dont doesnt didnt isnt cant cannot couldnt wont wouldnt havent hasnt never
  nobody none noone hardly rarely seldom barely doubt doubts doubtful sure unsure know knows wonder hope hopes wish pretend
  pretends pretending may might maybe perhaps could should would will wrong untrue false lied lie lying why how because day
  days night nights hour minute oh god yes yesterday last earlier before previously ago first initially usually normally
  sometimes often once then wrongly was were been got being insurance insurer claim claims plan coverage impossible even
  only except besides despite although though stop stopped stops used
  si cuando hasta nunca jamas nadie dudo duda dudas seguro segura creo quizas quiza talvez puede podria porque aunque como
  dia dias noche ay dios ayer anoche antes primero siempre veces imposible solo solamente aun todavia ya fue seguros
  aseguradora reclamo finge apenas say says saying said told tell tells who wrote written record
  records chart lies menu form website portal list love goal trying try need needs want wants get dice dicen dijo dijeron quien expediente
`);

/** What may follow a negated phrase without a sign between. */
export const RIGHT_OPENERS = set(`
  or nor and today but however though whatsoever no denies denied negative without thanks thank please i im
  o u y e ni hoy pero tampoco niega sin gracias actualmente
`);
/** The same, of several words. */
export const RIGHT_PHRASES: readonly (readonly string[])[] = [
  ...["at all", "at this time", "at present", "at the moment", "in my life", "of any kind", "en este momento"],
  ...["en absoluto", "en mi vida", "de ningun tipo", "por el momento"],
].map((each) => each.split(" "));

/** May follow "and" behind a negated phrase; "no chest pain and troponin elevated" is kept. */
export const ERRANDS = set(`
  i im need needs want wants would request requests requesting is am no denies denied without just my
  necesito necesita quiero quisiera niega sin no mi
`);

/** "Just need a refill": what only asks for something takes no negation back. */
export const MERELY = set("just only solo solamente");
export const ASKING = set(`
  need needs want wants wanted wondering asking checking calling writing following requesting necesito necesita quiero
  quisiera queria llamo escribo
`);
export const ASKED_FOR = set("refill question form note copy letter bill receta pregunta copia carta factura cita");

/** Turn a sentence round; what follows must be mild, word by word, or the phrase is kept. */
export const CONTRASTS = set("but however though although yet pero aunque mas");
/** All that may follow a contrast. */
export const MILD = set(`
  i im ive a an the my some have has had need needs want wants would like to for of about on with in and am small mild
  little slight rash cough cold itch itchy itching hives runny stuffy nose sneezing refill refills appointment appointments
  bill bills question questions copy records form forms letter prescription referral insurance schedule reschedule cancel
  see get renew sore knee elbow ankle toe finger shoulder foot tooth ear
  tengo tiene un una el la los las mi mis con para por de del en y leve leves poco poca sarpullido tos resfriado picazon
  ronchas necesito necesita quiero quisiera cita citas receta recetas factura pregunta rodilla tobillo codo pie oido muela
`);

/** Behind a negated phrase, in its sentence: it was there, it is back, it is something like it, or it has exceptions. */
export const REVIVALS = set(`
  now again still since until till unless except yet before earlier yesterday ago back started starts start starting began
  begins came comes coming returned returns returning keeps keep just only rather instead more like such so until anymore
  longer it its that this these does do did yes worse worsening getting when while if rest exertion lying walking anyway
  morning afternoon night tonight hours hour minutes suddenly sudden another same similar think feels feel feeling hurts hurt
  hurting crushing squeezing clutching grabbing pale grey gray blue collapsed unresponsive help emergency urgent 911
  ambulance supposedly allegedly right thats maybe perhaps almost nearly well little lot plan supuestamente quizas
  ahora ahorita otra vez todavia aun sigue siguen desde hasta salvo excepto menos antes ayer anoche empezo empieza comenzo
  volvio vuelve regreso solo solamente sino sino como asi tan eso esto si peor cuando mientras reposo esfuerzo manana tarde
  noche horas minutos repente mismo igual siento siente duele ayuda emergencia urgente ambulancia ya anteriormente
`);

/** Of bodies in trouble: near what seems negated or over they tell of more than is denied. */
export const ALARMS = set(`
  arm arms face mouth chest heart stroke attack numb numbness tingling tingly drooping droopy droops slurring slurred speech
  sweating sweaty clammy cold aches ache aching fell fall fallen floor ground collapsed stopped breathing breath breathe
  breathes talk talking speak speaking move moving found kitchen car blue grey gray pale dying die dizzy vision tight tightness
  pressure heavy weight numb faint fainted weak weakness unconscious bleeding confused choking going
  brazo brazos cara boca pecho corazon infarto derrame adormecido adormecida habla hablar contesta responde respira respirar
  suelo piso pulso palido palida frio fria suda sudando sudor aprieta presion opresion mueve cayo caido encontre vengan venga
  mareado mareada confundido confundida sangra sangrando desmayo aire muere muriendo morado morada casi passed took taken pills soaking pads troponin elevated stemi
  ekg ecg elevacion black gone tome tomo pastillas jaw vomita
`);

/** At the head of the next sentence, the same. */
export const NEXT_REVIVALS = set(`
  now but however yet again started it its until except unless just only rather instead more suddenly does do then today
  tonight yesterday still like that this since almost nearly oh
  ahora pero otra empezo comenzo hasta excepto solo sino mas repente aunque hoy ayer anoche todavia sigue es desde si luego casi
`);

/** Answers behind a phrase and a sign: "Chest pain: no". */
export const ANSWERS = set("no none denies denied negative absent n niega ninguno ninguna negativo ausente");
/** Verdicts behind a phrase: "stroke was ruled out". */
export const VERDICTS: readonly (readonly string[])[] = [
  ...["was ruled out", "were ruled out", "is ruled out", "has been ruled out", "ruled out", "free", "fue descartado"],
  ...["fue descartada", "quedo descartado", "quedo descartada", "descartado", "descartada", "was negative"],
].map((each) => each.split(" "));
