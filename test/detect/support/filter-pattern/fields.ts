import type { FilterPattern } from './index';
import { compareNumbers, NUMBER, refuseMoreRegexes, regexTest, wildcardTest } from './matcher';
import type { Operator, TextTest } from './matcher';

interface Field {
  readonly ellipsis: boolean;
  readonly test: TextTest;
}

/** `[a, b = ERROR, …]`: fields with spaces between them; what is in brackets or double quotes is one field. */
export function fieldPattern(pattern: string): FilterPattern {
  if (!pattern.endsWith(']')) throw new SyntaxError('a pattern that begins with [ ends with ]');
  const fields = splitOutsideOfTexts(pattern.slice(1, -1), ',').map(fieldOf);
  refuseMoreRegexes((pattern.match(/%[^%]*%/g) ?? []).length);
  const ellipsis = fields.findIndex((field) => field.ellipsis);
  if (ellipsis >= 0 && fields.some((field, index) => field.ellipsis && index !== ellipsis)) throw new SyntaxError('one ellipsis at most');
  return (message) => {
    const values = fieldsOf(message, ellipsis >= 0 ? undefined : fields.length);
    if (ellipsis < 0) return values.length === fields.length && fields.every(({ test }, index) => test(values[index]));
    const after = fields.length - ellipsis - 1;
    if (values.length < fields.length - 1) return false;
    const placeOf = (index: number): number => index < ellipsis ? index : values.length - after + (index - ellipsis - 1);
    return fields.every(({ test }, index) => index === ellipsis || test(values[placeOf(index)]));
  };
}

/** The last field takes what is left: "[w1=ERROR, w2]" matches a line of many words. */
function fieldsOf(message: string, atMost: number | undefined): string[] {
  const values = message.match(/\[[^\]]*\]|"[^"]*"|[^\s]+/g) ?? [];
  const bare = values.map((value) => /^(?:\[.*\]|".*")$/.test(value) ? value.slice(1, -1) : value);
  if (atMost === undefined || bare.length <= atMost) return bare;
  return [...bare.slice(0, atMost - 1), bare.slice(atMost - 1).join(' ')];
}

function fieldOf(text: string): Field {
  const trimmed = text.trim();
  if (trimmed === '...') return { ellipsis: true, test: () => true };
  const alternatives = splitOutsideOfTexts(trimmed, '||').map((part) => splitOutsideOfTexts(part, '&&').map(conditionOf));
  return { ellipsis: false, test: (value) => alternatives.some((all) => all.every((test) => test(value))) };
}

function conditionOf(text: string): TextTest {
  const [, operator, operand] = /^\s*[A-Za-z_]\w*\s*(?:(!=|<=|>=|=|<|>)\s*(.*?))?\s*$/s.exec(text) ?? [];
  if (operator === undefined) {
    if (!/^\s*[A-Za-z_]\w*\s*$/.test(text)) throw new SyntaxError(`not understood: ${text.trim()}`);
    return () => true;
  }
  if (operand.startsWith('%')) return unless(operator, regexTest(operand.slice(1, -1)));
  if (operator !== '=' && operator !== '!=') return (value) => NUMBER.test(value) && compareNumbers(Number(value), operator as Operator, Number(operand));
  return unless(operator, wildcardTest(operand.replace(/^"(.*)"$/s, '$1')));
}

function unless(operator: string, test: TextTest): TextTest {
  return (value) => test(value) === (operator === '=');
}

function splitOutsideOfTexts(text: string, separator: string): string[] {
  const parts = [''];
  for (const piece of text.split(new RegExp(`("[^"]*"|%(?:[^%\\\\]|\\\\.)*%|${separator.replace(/\|/g, '\\|')})`))) {
    if (piece === separator) parts.push('');
    else parts[parts.length - 1] += piece;
  }
  return parts;
}
