// The reference people read out on the phone: MW-, the message's id in Crockford's base 32, one check character.
// It is worked out from the id alone, so no table is needed to find a case.

const PREFIX = "MW-";
/** Crockford's alphabet: no I, L, O or U, which are misread for 1, 1, 0 and V. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** Shorter ids are filled with zeroes, so that references of one site look alike. */
const DIGITS_MIN = 5;
/** Eleven digits are 55 bits: more than any id. */
const DIGITS_MAX = 11;

/** The reference of a message, e.g. `MW-0001AX`. */
export function refOf(messageId: number): string {
  let digits = "";
  for (let rest = messageId; rest > 0; rest = Math.floor(rest / 32)) digits = ALPHABET.charAt(rest % 32) + digits;
  digits = digits.padStart(DIGITS_MIN, "0");
  return PREFIX + digits + checkOf(digits);
}

/**
 * The message id of a reference; null when it is none or its check character does not fit. Forgives case, white space,
 * dashes, a missing prefix, O for 0, and I or L for 1.
 */
export function idOf(ref: string): number | null {
  const plain = ref.toUpperCase().replace(/[\s-]/g, "").replace(/^MW/, "");
  const text = plain.replace(/O/g, "0").replace(/[IL]/g, "1");
  const digits = text.slice(0, -1);
  if (digits.length < DIGITS_MIN || digits.length > DIGITS_MAX) return null;
  let id = 0;
  for (const digit of digits) {
    const value = ALPHABET.indexOf(digit);
    if (value < 0) return null;
    id = id * 32 + value;
  }
  return id > 0 && Number.isSafeInteger(id) && checkOf(digits) === text.slice(-1) ? id : null;
}

/**
 * One more digit over the field of 32 elements (x^5 + x^2 + 1): finds every single wrong digit and every two
 * neighbours swapped, as Reed-Solomon codes do.
 */
function checkOf(digits: string): string {
  let check = 0;
  for (const digit of digits) {
    const mixed = check ^ ALPHABET.indexOf(digit);
    check = (mixed << 1) ^ (mixed & 16 ? 0b100101 : 0);
  }
  return ALPHABET.charAt(check);
}
