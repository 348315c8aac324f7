/** `Ref: AWS::NoValue`: the property, or list element, that holds it is left out. */
export const NO_VALUE = Symbol('AWS::NoValue');

const unknownLists = new WeakSet<object>();

/** A list of which neither the length nor the elements are known. In output it is a list of its one symbol. */
export function unknownList(symbol: string): readonly string[] {
  const list = [symbol];
  unknownLists.add(list);
  return list;
}

export function isUnknownList(value: unknown): boolean {
  return Array.isArray(value) && unknownLists.has(value);
}

/** A scalar as CloudFormation writes it into a string; undefined for anything else. */
export function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** A string, number or boolean as a boolean: parameters arrive as `"true"`. */
export function asBoolean(value: unknown, otherwise: boolean): boolean {
  const text = asText(value)?.toLowerCase();
  return text === 'true' || text === 'false' ? text === 'true' : otherwise;
}

export function asNumber(value: unknown): number | undefined {
  const text = asText(value);
  return text !== undefined && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A property of a JSON object, never one it inherits. */
export function own(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** A list, whether one or several were given. */
export function asList(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** The strings of a list of scalars. */
export function asTexts(value: unknown): string[] {
  return asList(value).flatMap((element) => asText(element) ?? []);
}
