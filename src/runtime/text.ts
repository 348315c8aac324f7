/** Whether every code unit belongs to a character: a lone surrogate has no UTF-8 form and would be replaced on the way. */
export const isWellFormed = (text: string): boolean => (text as WellFormable).isWellFormed();

/** ECMAScript 2024, which Node has had since 20.0. */
type WellFormable = string & { isWellFormed(): boolean };

/** Whether the bytes are base64, base64url, PEM or a compact token: binary that somebody has made into text. */
export function isEncodedText(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes.every(isEncodingCharacter);
}

const PUNCTUATION = '+/=-_. :\r\n';

function isEncodingCharacter(byte: number): boolean {
  const upper = byte >= 0x41 && byte <= 0x5a;
  const lower = byte >= 0x61 && byte <= 0x7a;
  const digit = byte >= 0x30 && byte <= 0x39;
  return upper || lower || digit || PUNCTUATION.includes(String.fromCharCode(byte));
}

/** Said of everything that is not what was made, whoever finds out: which of these it was helps nobody but an attacker. */
export const NOT_AUTHENTIC = 'not authentic: changed, cut short, or of another key or context';

/** What kind of thing was given, behind an "is" of messages: `not given`, `null`, `of type Array`, `of type Map` … */
export const ofType = (value: unknown): string => (
  value == null ? value === null ? 'null' : 'not given' : `of type ${({}).toString.call(value).slice(8, -1)}`
);

/** What is said of a thing that should be bytes. */
export const notBytes = (value: unknown): string => `${ofType(value)}: give a Uint8Array`;

/** Text in quotes, or a list of it, as messages show it. */
export const quoted = JSON.stringify as (text: string | readonly string[]) => string;
