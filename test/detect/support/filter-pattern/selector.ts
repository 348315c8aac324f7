/** Where in a JSON event a condition looks. */
export interface Selector {
  readonly wildcards: number;
  /** What stands there: several values with a wildcard, none where the event has no such property. */
  select(event: unknown): readonly unknown[];
}

type Step = { readonly name: string } | { readonly index: number } | 'any element' | 'any field';

const STEP = /\.(?<name>[\w-]+)|(?<anyField>\.\*)|\.?\['(?<bracketed>[^']+)'\]|\[(?<index>\d+)\]|(?<anyElement>\[\*\])/y;

/** @throws SyntaxError for names in double quotes, among others, and for a second wildcard */
export function selectorOf(text: string): Selector {
  const steps: Step[] = [];
  for (let at = 1; at < text.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const groups = STEP.exec(text)?.groups;
    if (!groups) throw new SyntaxError(`${text} is no property selector`);
    const { name, bracketed, index, anyField } = groups;
    if (name ?? bracketed) steps.push({ name: name ?? bracketed });
    else if (index) steps.push({ index: Number(index) });
    else steps.push(anyField ? 'any field' : 'any element');
  }
  const wildcards = steps.filter((step) => typeof step === 'string').length;
  if (wildcards > 1) throw new SyntaxError(`${text} has ${wildcards} wildcards: one at most`);
  return { wildcards, select: (event) => steps.reduce<readonly unknown[]>((values, step) => values.flatMap((value) => below(value, step)), [event]) };
}

function below(value: unknown, step: Step): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (step === 'any element') return Array.isArray(value) ? value : [];
  if (step === 'any field') return Array.isArray(value) ? [] : Object.values(value);
  if ('index' in step) return Array.isArray(value) && step.index < value.length ? [value[step.index]] : [];
  return !Array.isArray(value) && Object.hasOwn(value, step.name) ? [(value as Record<string, unknown>)[step.name]] : [];
}
