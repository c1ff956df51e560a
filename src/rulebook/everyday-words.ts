// Words of everyday mail, English and Spanish: alone they say nothing of an emergency.

const EVERYDAY = new Set(
  `a about access account address admission admit after again all alone also always am and any appointment are arm ask asap
  attack away baby back bad balance be because bed before began bill billing bleed blood blue body both break breath but
  by call came can cannot card care change charge chart check chest child claim clinic close code cold come concern
  copay cost could cough critical cut dad date daughter day days dead death deductible delay denied department did die
  died discharge do doctor does down drug dying each early eat emergency end error eye fall family father fear feel
  feeling fell fever first fix follow food foot for form found friend from get give go good great had hand has have he
  head health heart heavy hello help her here him his home hope hospital hot hour hours how hurry hurt hurts i if
  illness immediately important in infection injury insurance is it just keep kill killing know lab last late leave left
  leg letter life light line list locked login long look lose lost low mail make many may me medical medication medicine
  message might minute missing mom money month more morning most mother move much must my name need new next night no
  none not nothing now number nurse of off office ok old on once one open or order other our out pain paid panic
  password patient pay payment pharmacy phone pill pills please portal possible pregnant prescription pressure problem
  provider question quick quickly ready really reason record red referral refill refund registration reply report
  request result results right room rush said same say schedule see send serious service severe shot should shut sick
  sign since sleep slow so some someone son soon sorry speak stat statement still stomach stop stroke such suddenly sure
  surgery swelling symptom symptoms system take tell test thank thanks that the their them then there these they thing
  think this time tired to today together told tomorrow tonight too took transfer try turn unable under until up urgent
  us use very visit wait waiting want was water way we week weeks well went were what when where which while who why
  wife will with without woman word work worried worry worse worst would wrong year yes yesterday you young your

  a abierto acceso además ahora al alguien algo alta antes año años aquí ataque ayer ayuda ayudar bajo bebé bien boca
  brazo buenas buenos cabeza caer cama carta casa caso cerrado cita clave clínica cobro código cómo con contraseña copia
  corazón cosa costo crítico cual cuando cuándo cuanto cuenta cuerpo cuándo dar de débil deber debo del dentro
  departamento después día días dice dinero doctor doctora dolor dónde dormir dos él ella emergencia en enfermera
  enfermo entrar error es esa ese eso esperar espero esta está estaba este esto estoy factura falta familia favor fecha
  fiebre fuera fuerte gracias grave hace hacer hasta hay hija hijo hola hora horas hospital hoy importante infección
  inmediatamente ir jamás junto la las le leche lejos ley línea llamada llamar llegar lo los lugar luego madre mal malo
  mano mañana más mayor me médico medicamento medicina medio mejor menos mensaje mes mi miedo mientras minuto mis mismo
  momento morir mucho muerte muerto mujer muy nada nadie necesito no noche nombre nos nuevo número nunca o ojo otra otro
  paciente padre pagar pago para parar parte pasa pasado pecho pedido peor perder pero persona pie pierna poco poder por
  porque pregunta presión primero problema pronto puede puedo que qué queja quien quiero quién rápido receta recibo
  recuerdo registro resultado resultados roto saber sala salud sangre se segundo seguro semana señor señora ser serio si
  sí síntoma síntomas sistema sobre solo sola son su sus tal también tan tarde te teléfono temprano tengo tiempo tiene
  todavía todo todos tomar trabajo tratamiento tres triste tu un una uno urgencia urgente usted vacuna veces ver verdad
  vez vida visita vivir volver voz y ya yo`
    .split(/\s+/)
    .map((word) => word.normalize("NFD").replace(/\p{M}/gu, "")),
);

/** Whether a word, in lower case and without accents, is one of everyday mail. */
export function isEveryday(word: string): boolean {
  return EVERYDAY.has(word);
}
